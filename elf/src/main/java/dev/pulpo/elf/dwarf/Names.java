package dev.pulpo.elf.dwarf;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * What an entry is called and where it is declared. A copy of a function, or a definition outside of its class, says so
 * by reference to another entry ({@code DW_AT_abstract_origin}, {@code DW_AT_specification}).
 *
 * @param name        as in the source; empty for what has no name
 * @param linkageName as in the symbol table; empty where it is the same
 * @param external    whether other units can see it
 */
record Names(String name, String linkageName, Optional<SourceLine> declaration, boolean external) {
    /** Definition of a copy of a function in a class: three; more is a circle. */
    private static final int LONGEST_CHAIN = 8;

    static Names of(EntryReader first) {
        return read(first, true);
    }

    /** As {@link #of}, but without the declaration, which needs the table of files. */
    static Names withoutPlace(EntryReader first) {
        return read(first, false);
    }

    private static Names read(EntryReader first, boolean withPlace) {
        String name = "";
        String linkage = "";
        Optional<SourceLine> declaration = Optional.empty();
        boolean external = false;
        EntryReader entry = first;
        for (int i = 0; i < LONGEST_CHAIN; i++) {
            name = name.isEmpty() ? entry.string(Dw.NAME).orElse("") : name;
            if (linkage.isEmpty()) {
                EntryReader here = entry;
                linkage = entry.string(Dw.LINKAGE_NAME).or(() -> here.string(Dw.MIPS_LINKAGE_NAME)).orElse("");
            }
            external |= entry.flag(Dw.EXTERNAL);
            declaration = withPlace && declaration.isEmpty()
                    ? place(entry, Dw.DECL_FILE, Dw.DECL_LINE)
                    : declaration;
            OptionalLong next = origin(entry);
            if (next.isEmpty()) {
                break;
            }
            entry = entry.other(next.getAsLong());
        }
        return new Names(name, linkage, declaration, external);
    }

    /**
     * What all copies of a function have in common: its abstract instance, or the function itself where there is none. A
     * constructor is a copy of a copy.
     */
    static long root(EntryReader function) {
        EntryReader entry = function;
        for (int i = 0; i < LONGEST_CHAIN; i++) {
            OptionalLong origin = entry.reference(Dw.ABSTRACT_ORIGIN);
            if (origin.isEmpty()) {
                break;
            }
            entry = entry.other(origin.getAsLong());
        }
        return entry.reference();
    }

    private static OptionalLong origin(EntryReader entry) {
        OptionalLong origin = entry.reference(Dw.ABSTRACT_ORIGIN);
        return origin.isPresent() ? origin : entry.reference(Dw.SPECIFICATION);
    }

    static Optional<SourceLine> place(EntryReader entry, int fileAttribute, int lineAttribute) {
        OptionalLong file = entry.constant(fileAttribute);
        OptionalLong line = entry.constant(lineAttribute);
        if (file.isEmpty() || line.isEmpty()) {
            return Optional.empty();
        }
        return entry.unit().file(file.getAsLong()).map(name -> new SourceLine(name, (int) line.getAsLong()));
    }

    boolean has(String wanted) {
        return name.equals(wanted) || linkageName.equals(wanted);
    }
}
