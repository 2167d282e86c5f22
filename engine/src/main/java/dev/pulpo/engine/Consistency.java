package dev.pulpo.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * When the bytes may change.
 *
 * @param level    condition that must hold at the instant of the change
 * @param timeout  how long to wait for it
 * @param maxPause the longest stop of the whole process; see {@link #maxPause(Duration)}
 */
public record Consistency(Level level, Duration timeout, Optional<Duration> maxPause) {
    /** @throws IllegalArgumentException where the limit of the stop is not positive */
    public Consistency {
        if (maxPause.filter(most -> !most.isPositive()).isPresent()) {
            throw new IllegalArgumentException("a stop cannot be limited to " + maxPause.get());
        }
    }

    /** Without a limit of the stop. */
    public Consistency(Level level, Duration timeout) {
        this(level, timeout, Optional.empty());
    }

    /** The condition at the instant of the change. */
    public enum Level {
        /**
         * None: new calls get the new code at once, calls in progress finish in the old code. Only threads that would return
         * into overwritten bytes are waited for. A call in progress that jumps to the beginning of its function, as a tail
         * call of itself does, goes on in the new code.
         */
        NONE,
        /** No thread is inside a function that changes. A stack that cannot be unwound blocks the change. */
        FUNCTION_QUIESCENT,
        /** No thread is inside the object whose functions change. */
        LIBRARY_QUIESCENT,
        /**
         * For each thread separately: it is outside of the functions that change. Threads inside run only old code until
         * they have left; meanwhile the others run the new code. See {@link LiveProcess#transition}.
         */
        PER_THREAD
    }

    /** No thread is inside a function that changes, within five seconds. */
    public static final Consistency DEFAULT = functionQuiescent(Duration.ofSeconds(5));

    public static Consistency none() {
        return new Consistency(Level.NONE, Duration.ofSeconds(5));
    }

    public static Consistency functionQuiescent(Duration timeout) {
        return new Consistency(Level.FUNCTION_QUIESCENT, timeout);
    }

    /**
     * Every thread changes by itself, when it is outside of the functions that change. If some have not by the end of the
     * timeout, the patch stays in transition, and {@link InTransitionException} lists them.
     */
    public static Consistency perThread(Duration timeout) {
        return new Consistency(Level.PER_THREAD, timeout);
    }

    public static Consistency libraryQuiescent(Duration timeout) {
        return new Consistency(Level.LIBRARY_QUIESCENT, timeout);
    }

    /**
     * The same, with a limit of each stop of the whole process. A stop that would exceed it is released at once, before any
     * change, and tried again until the timeout. The limit is checked before the bytes are written. The duration of the
     * release after that can only be estimated; {@link Outcome#stop} is the measured duration.
     *
     * @throws IllegalArgumentException where it is not positive
     */
    public Consistency maxPause(Duration most) {
        return new Consistency(level, timeout, Optional.of(most));
    }
}
