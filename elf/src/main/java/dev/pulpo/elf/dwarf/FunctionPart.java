package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * A run of code that belongs to a function, with what the symbol table calls it.
 *
 * @param range   the code
 * @param kind    what the compiler made it for
 * @param symbols all names of its beginning, aliases included; none where the symbol table has none
 */
public record FunctionPart(AddressRange range, Kind kind, List<String> symbols) {
    /** What a part is. GCC says so by suffixes of the symbol. */
    public enum Kind {
        /** All of it, or the part with the entry. */
        WHOLE,
        /** Code that is rarely reached, moved away ({@code .cold}). */
        COLD,
        /** The rest of a function whose beginning was inlined elsewhere ({@code .part.N}). */
        PART,
        /** A copy for callers that pass known or fewer arguments ({@code .constprop.N}, {@code .isra.N} and the like). */
        CLONE;

        /** The kind that a symbol's suffix tells. */
        public static Kind of(String symbol) {
            int dot = symbol.indexOf('.', 1);
            String suffixes = dot < 0 ? "" : symbol.substring(dot);
            if (suffixes.endsWith(".cold") || suffixes.contains(".cold.")) {
                return COLD;
            }
            if (suffixes.contains(".part.")) {
                return PART;
            }
            return suffixes.matches(".*[.](isra|constprop|clone|lto_priv|llvm|specialized)([.].*|$)") ? CLONE : WHOLE;
        }
    }

    public FunctionPart {
        symbols = List.copyOf(symbols);
    }
}
