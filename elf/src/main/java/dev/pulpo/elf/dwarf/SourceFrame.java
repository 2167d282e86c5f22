package dev.pulpo.elf.dwarf;

import java.util.Optional;

/**
 * A function that execution is in at an address, as the source has it: the machine's functions and those inlined there.
 *
 * @param function    its name, unqualified
 * @param linkageName as in the symbol table, where that differs (C++); else empty
 * @param place       the line that is executed in it: for all but the innermost, where it calls the next
 * @param inlined     whether it is an inlined copy, and so has no frame of its own on the stack
 */
public record SourceFrame(String function, String linkageName, Optional<SourceLine> place, boolean inlined) {
    @Override
    public String toString() {
        return function + (inlined ? " (inlined)" : "") + place.map(line -> " at " + line).orElse("");
    }
}
