package dev.pulpo.elf.dwarf;

import java.util.Optional;

/** The memory layout of a named type. */
public sealed interface TypeLayout permits StructLayout, EnumLayout, TypedefLayout {
    /** Its name, unqualified; empty if only a {@code typedef} names it. */
    String name();

    /** In bytes. */
    long size();

    /** Where it is declared. */
    Optional<SourceLine> declaration();
}
