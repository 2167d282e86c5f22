package dev.pulpo.elf.dwarf;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * The names of an entry and the place of its declaration. A copy of a function, or a definition outside its class, gets
 * them through a reference to another entry ({@code DW_AT_abstract_origin}, {@code DW_AT_specification}).
 *
 * @param name        as in the source; empty if it has none
 * @param linkageName as in the symbol table; empty if it is the same
 * @param external    whether other units can see it
 */
record Names(String name, String linkageName, Optional<SourceLine> declaration, boolean external) {
    /** The definition of a copy of a member function needs three; a longer chain is a circle. */
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
     * The entry that all copies of a function share: its abstract instance, or the function itself if it has none. A
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
