package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * The result of a successful operation: the change is complete, and has been read back.
 *
 * @param kind       what was done
 * @param pid        the process
 * @param patch      the patch
 * @param functions  the functions that the patch replaces
 * @param threads    number of threads in the stop
 * @param stop       from the first interrupt to the last release: no code of the process ran
 * @param pause      the longest time in this operation that any thread of the process could not do its own work: because it
 *                   was stopped, alone or with all others, failed attempts included, or because it was borrowed; from its
 *                   interrupt to its release. Waiting for a processor that the tool uses does not count
 * @param scheduling the tracer's priority during the stop: REAL_TIME, NICE or NONE
 * @param longest    the longest stop of one thread in this operation, failed attempts included; loans count in {@code
 *                   borrowed}
 * @param borrowed   how long threads were borrowed to load or unload the patch
 * @param total      duration of the operation
 * @param attempts   number of stops until no thread blocked the change
 * @param released   how many of them were released because they would have exceeded {@link Consistency#maxPause}
 * @param injected   whether the stub was loaded for it
 * @param unloaded   after a revert, whether all memory of the reverted patches was unmapped
 * @param reverted   patches that went out of force in that stop, newest first
 * @param held       what could still lead into these patches, so that they stay loaded
 */
public record Outcome(Kind kind, int pid, PatchId patch, List<String> functions, int threads, Duration stop,
        Duration pause, String scheduling, Duration longest, Duration borrowed, Duration total, int attempts,
        int released,
        boolean injected, boolean unloaded, List<PatchId> reverted, List<HeldWord> held) {
    /** What was done. */
    public enum Kind {
        APPLIED, REVERTED,
        /** Nothing: the patch was in force already. */
        IN_FORCE_ALREADY,
        /** Nothing: the patch was not in force. */
        NOT_IN_FORCE_ALREADY;

        /** What was done, in words. */
        public String words() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    /** That of an operation that found nothing to do. */
    public static Outcome already(Kind kind, int pid, PatchId patch, List<String> functions) {
        return new Outcome(kind, pid, patch, functions, 0, Duration.ZERO, Duration.ZERO, "NONE", Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO, 0, 0, false, false, List.of(), List.of());
    }

    /** Whether there was nothing to do. */
    public boolean isAlready() {
        return kind == Kind.IN_FORCE_ALREADY || kind == Kind.NOT_IN_FORCE_ALREADY;
    }

    public Outcome {
        functions = List.copyOf(functions);
        reverted = List.copyOf(reverted);
        held = List.copyOf(held);
    }

    @Override
    public String toString() {
        if (isAlready()) {
            return kind.words() + ": " + patch.shortForm();
        }
        return kind.words() + " " + patch.shortForm() + ": " + functions.size()
                + (functions.size() == 1 ? " function" : " functions") + ", stop " + micros(stop) + ", " + threads
                + (threads == 1 ? " thread" : " threads") + ", pause " + micros(pause) + ", longest stop of one thread "
                + micros(longest)
                + (released == 0
                        ? ""
                        : ", " + released + (released == 1 ? " attempt" : " attempts") + " released as too long")
                + ", one borrowed for " + micros(borrowed) + ", "
                + micros(total) + " in all" + kept();
    }

    private String kept() {
        return unloaded || kind != Kind.REVERTED && held.isEmpty()
                ? ""
                : "; kept loaded" + (held.isEmpty() ? "" : ": " + HeldWord.text(held));
    }

    private static String micros(Duration duration) {
        return duration.toNanos() / 1000 + " µs";
    }
}
