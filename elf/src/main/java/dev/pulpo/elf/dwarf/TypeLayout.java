package dev.pulpo.elf.dwarf;

import java.util.Optional;

/** How values of a type that has a name lie in memory. */
public sealed interface TypeLayout permits StructLayout, EnumLayout, TypedefLayout {
    /** Its name, unqualified; empty for a structure that has only the name of a {@code typedef}. */
    String name();

    /** In bytes. */
    long size();

    /** Where it is declared. */
    Optional<SourceLine> declaration();
}
