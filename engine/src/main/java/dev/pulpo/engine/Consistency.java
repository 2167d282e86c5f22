package dev.pulpo.engine;

import java.time.Duration;

/**
 * When the bytes may change.
 *
 * @param level   what must hold at the instant of the change
 * @param timeout how long to wait for it
 */
public record Consistency(Level level, Duration timeout) {
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
}
