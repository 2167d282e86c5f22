package dev.pulpo.elf.dwarf;

import java.util.Optional;

/**
 * Another name for a type.
 *
 * @param name        the new name
 * @param type        the name of the type that it names
 * @param size        in bytes; 0 if it is not known
 * @param declaration where it is declared
 */
public record TypedefLayout(String name, String type, long size,
        Optional<SourceLine> declaration) implements TypeLayout {}
