package dev.pulpo.engine;

import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What could still lead into a patch that is out of force, so that the patch stays loaded.
 *
 * @param patch   the patch
 * @param place   for people: what it lies in, such as {@code [heap]}, a file name or a register of a thread
 * @param address of the word; null where it is none in memory
 * @param value   the address in the patch that the word could be; null where something could not be looked at
 */
public record HeldWord(PatchId patch, String place, RemoteAddress address, RemoteAddress value) {
    private static final int MOST = 4;

    /** Some of them, in a line for people. */
    public static String text(List<HeldWord> held) {
        return (held.size() == 1 ? "1 word" : held.size() + " words") + ", at " + held.stream().limit(MOST)
                .map(HeldWord::toString).collect(Collectors.joining(", ")) + (held.size() > MOST ? ", ..." : "")
                + ", may point to it";
    }

    /** Whether it may be gone as soon as a thread goes on: it is in a register, or cannot be looked at now. */
    public boolean isPassing() {
        return address.isNull();
    }

    @Override
    public String toString() {
        return address.isNull() ? place : address + " (" + place + ")";
    }
}
