package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * A source function at an address, and the variables in scope there.
 *
 * @param frame     the function
 * @param variables its parameters, then its variables, those of the innermost block first, because they hide outer ones
 */
public record SourceScope(SourceFrame frame, List<LocalVariable> variables) {
    public SourceScope {
        variables = List.copyOf(variables);
    }
}
