package dev.pulpo.elf.dwarf;

import java.util.Optional;

/**
 * A source function at an address: the function whose code it is, or one that is inlined there.
 *
 * @param function    its name, unqualified
 * @param linkageName as in the symbol table, if that differs (C++); else empty
 * @param place       the current line; in all functions except the innermost, the line of the call
 * @param inlined     whether it is an inlined copy, which has no frame of its own
 */
public record SourceFrame(String function, String linkageName, Optional<SourceLine> place, boolean inlined) {
    @Override
    public String toString() {
        return function + (inlined ? " (inlined)" : "") + place.map(line -> " at " + line).orElse("");
    }
}
