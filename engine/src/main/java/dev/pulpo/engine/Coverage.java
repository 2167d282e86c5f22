package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What replacing a function changes, and what it misses.
 *
 * @param function    its name
 * @param entered     the names under which calls reach its entry, and so the new code
 * @param inlined     the places where a copy of the old code goes on to run
 * @param clones      symbols of copies that the compiler made for some callers; they go on to call those
 * @param tailCallers functions that end with a jump to it: while it runs, they are not on the stack
 * @param elsewhere   other objects of the process that have an exported function of the name, which is not replaced
 * @param described   whether debug information was there to tell; without it nothing is known of inlined copies
 */
public record Coverage(String function, List<String> entered, List<InlinedAt> inlined, List<String> clones,
        List<String> tailCallers, List<String> elsewhere, boolean described) {
    /**
     * A copy inside of another function.
     *
     * @param into  that function
     * @param place where the source calls it; a line of 0 where that is not known
     */
    public record InlinedAt(String into, SourceLine place) {}

    public Coverage {
        entered = List.copyOf(entered);
        inlined = List.copyOf(inlined);
        clones = List.copyOf(clones);
        tailCallers = List.copyOf(tailCallers);
        elsewhere = List.copyOf(elsewhere);
    }

    /** Whether no old code is known to go on. */
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
