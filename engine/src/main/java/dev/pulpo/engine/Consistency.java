package dev.pulpo.engine;

import java.time.Duration;
import java.util.Optional;

/**
 * When the bytes may change.
 *
 * @param level    what must hold at the instant of the change
 * @param timeout  how long to wait for it
 * @param maxPause how long the whole process may be stopped at a time; see {@link #maxPause(Duration)}
 */
public record Consistency(Level level, Duration timeout, Optional<Duration> maxPause) {
    /** @throws IllegalArgumentException where the limit for the stop is not positive */
    public Consistency {
        if (maxPause.filter(most -> !most.isPositive()).isPresent()) {
            throw new IllegalArgumentException("a stop cannot be limited to " + maxPause.get());
        }
    }

    /** Without a limit for the stop. */
    public Consistency(Level level, Duration timeout) {
        this(level, timeout, Optional.empty());
    }

    /** What must hold at the instant of the change. */
    public enum Level {
        /**
         * Nothing: new calls get the new code at once, calls in progress finish in the old code. Only a thread that would
         * return to bytes that are overwritten is waited for.
         */
        NONE,
        /** No thread is inside a function that changes. Fails closed where a stack cannot be followed. */
        FUNCTION_QUIESCENT,
        /** No thread is inside the object whose functions change. */
        LIBRARY_QUIESCENT,
        /**
         * For each thread by itself: it is outside the functions that change. Threads inside go on to run the old code, all
         * of it, until they have left it; meanwhile the others run the new one. See {@link LiveProcess#transition}.
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
     * Every thread changes by itself, when it is outside the functions that change. Where some have not until the time is
     * over, the patch stays in transition, and {@link InTransitionException} says who they are.
     */
    public static Consistency perThread(Duration timeout) {
        return new Consistency(Level.PER_THREAD, timeout);
    }

    public static Consistency libraryQuiescent(Duration timeout) {
        return new Consistency(Level.LIBRARY_QUIESCENT, timeout);
    }

    /**
     * The same, with a limit for each stop of the whole process. A stop that would exceed it is released at once, before
     * anything has changed, and tried again until the timeout. The limit is compared before the bytes are written; how long
     * the release takes behind that can only be estimated, so {@link Outcome#stop} says what it was.
     *
     * @throws IllegalArgumentException where it is not positive
     */
    public Consistency maxPause(Duration most) {
        return new Consistency(level, timeout, Optional.of(most));
    }
}
