package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What replacing a function changes, and what it misses.
 *
 * @param function    its name
 * @param entered     names by which calls reach its entry, and so the new code
 * @param inlined     places where an inlined copy of the old code stays
 * @param clones      symbols of copies that the compiler made for some callers, which keep calling them
 * @param tailCallers functions that end with a jump to it: they are not on the stack while it runs
 * @param elsewhere   other objects of the process that export a function of this name, which is not replaced
 * @param described   whether debug information was found; without it inlined copies are unknown
 */
public record Coverage(String function, List<String> entered, List<InlinedAt> inlined, List<String> clones,
        List<String> tailCallers, List<String> elsewhere, boolean described) {
    /**
     * A copy inlined into another function.
     *
     * @param into  that function
     * @param place of the call in the source; line 0 where unknown
     */
    public record InlinedAt(String into, SourceLine place) {}

    public Coverage {
        entered = List.copyOf(entered);
        inlined = List.copyOf(inlined);
        clones = List.copyOf(clones);
        tailCallers = List.copyOf(tailCallers);
        elsewhere = List.copyOf(elsewhere);
    }

    /** Whether no old code is known to stay. */
    public boolean isWhole() {
        return described && inlined.isEmpty() && clones.isEmpty();
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(function + ": calls of " + String.join(", ", entered) + " change");
        if (!inlined.isEmpty()) {
            text.append("; missed: inlined into ").append(inlined.stream()
                    .map(copy -> copy.into() + " (" + copy.place() + ")").collect(Collectors.joining(", ")));
        }
        append(text, "; missed: calls of ", clones);
        append(text, "; also in ", elsewhere);
        append(text, "; jumped to from the end of ", tailCallers);
        return described ? text.toString() : text + "; no debug information tells whether it is inlined elsewhere";
    }

    private static void append(StringBuilder text, String what, List<String> names) {
        if (!names.isEmpty()) {
            text.append(what).append(String.join(", ", names));
        }
    }
}
