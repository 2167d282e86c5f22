package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * What an operation did. It exists only where everything that was asked for is in force, and has been read back.
 *
 * @param kind       what was done
 * @param pid        the process
 * @param patch      the patch
 * @param functions  the functions that the patch replaces
 * @param threads    how many threads the stop held
 * @param stop       from the first interrupt to the last release: how long no code of the process could run
 * @param scheduling how far the tracer was raised during the stop: REAL_TIME, NICE or NONE
 * @param longest    the longest that one thread was kept from running by a stop of this operation, the stops counted that
 *                   came to nothing; a borrowed thread is counted by {@code borrowed}
 * @param borrowed   how long one thread was away from its work to load or unload the patch
 * @param total      how long all of it took
 * @param attempts   how many stops it took until no thread was in the way
 * @param released   how many of them were released because they would have exceeded {@link Consistency#maxPause}
 * @param injected   whether the stub was brought in for it
 * @param unloaded   after a revert, whether the memory of all that was reverted has been given back
 * @param reverted   the patches that went out of force in that stop, newest first
 */
public record Outcome(Kind kind, int pid, PatchId patch, List<String> functions, int threads, Duration stop,
        String scheduling, Duration longest, Duration borrowed, Duration total, int attempts, int released,
        boolean injected, boolean unloaded, List<PatchId> reverted) {
    /** What was done. */
    public enum Kind {
        APPLIED, REVERTED
    }

    public Outcome {
        functions = List.copyOf(functions);
        reverted = List.copyOf(reverted);
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(java.util.Locale.ROOT) + " " + patch.shortForm() + ": " + functions.size()
                + (functions.size() == 1 ? " function" : " functions") + ", stop " + micros(stop) + ", " + threads
                + (threads == 1 ? " thread" : " threads") + ", longest stop of one thread " + micros(longest)
                + (released == 0
                        ? ""
                        : ", " + released + (released == 1 ? " attempt" : " attempts") + " released as too long")
                + ", one borrowed for " + micros(borrowed) + ", "
                + micros(total) + " in all";
    }

    private static String micros(Duration duration) {
        return duration.toNanos() / 1000 + " µs";
    }
}
