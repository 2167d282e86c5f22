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
        LIBRARY_QUIESCENT
    }

    /** No thread is inside a function that changes, within five seconds. */
    public static final Consistency DEFAULT = functionQuiescent(Duration.ofSeconds(5));

    public static Consistency none() {
        return new Consistency(Level.NONE, Duration.ofSeconds(5));
    }

    public static Consistency functionQuiescent(Duration timeout) {
        return new Consistency(Level.FUNCTION_QUIESCENT, timeout);
    }

    public static Consistency libraryQuiescent(Duration timeout) {
        return new Consistency(Level.LIBRARY_QUIESCENT, timeout);
    }
}
