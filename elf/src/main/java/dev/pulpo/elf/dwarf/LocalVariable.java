package dev.pulpo.elf.dwarf;

import java.util.List;
import java.util.Optional;

/**
 * A parameter or a variable in scope at a place in the code.
 *
 * @param name        as in the source
 * @param type        the name of its type
 * @param parameter   whether it is a parameter
 * @param declaration where it is declared
 * @param locations   where it is; empty if it is nowhere, or if only its value is known
 * @param entry       its number, for {@link DebugInfo#value}
 */
public record LocalVariable(String name, String type, boolean parameter, Optional<SourceLine> declaration,
        List<LocationEntry> locations, long entry) {
    public LocalVariable {
        locations = List.copyOf(locations);
    }
}
