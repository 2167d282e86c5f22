package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * A run of code that belongs to a function, with its names from the symbol table.
 *
 * @param range   the code
 * @param kind    why the compiler made it
 * @param symbols all names of its beginning, including aliases; empty if the symbol table has none
 */
public record FunctionPart(AddressRange range, Kind kind, List<String> symbols) {
    /** The kind of a part. GCC marks it by suffixes of the symbol. */
    public enum Kind {
        /** The whole function, or the part with its entry. */
        WHOLE,
        /** Rarely executed code that was moved away ({@code .cold}). */
        COLD,
        /** The rest of a function whose beginning was inlined elsewhere ({@code .part.N}). */
        PART,
        /** A copy for callers that pass known or fewer arguments ({@code .constprop.N}, {@code .isra.N} and the like). */
        CLONE;

        /** The kind that a symbol's suffix indicates. */
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
