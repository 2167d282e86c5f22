package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * A function that execution is in at an address, and what can be seen there.
 *
 * @param frame     the function
 * @param variables its parameters, then its variables, those of the innermost block first: they hide others of their name
 */
public record SourceScope(SourceFrame frame, List<LocalVariable> variables) {
    public SourceScope {
        variables = List.copyOf(variables);
    }
}
