package dev.pulpo.engine;

import java.time.Duration;

/**
 * A time in which a thread could not do its own work. Both ends are nanoseconds of CLOCK_MONOTONIC (clock_gettime(2)), which
 * is the scale of {@link System#nanoTime} on Linux.
 *
 * @param tid  the thread
 * @param from when it was asked to stop
 * @param to   when it had been released
 */
public record ThreadPause(int tid, long from, long to) {
    /** How long it was. */
    public Duration duration() {
        return Duration.ofNanos(to - from);
    }

    @Override
    public String toString() {
        return "thread " + tid + ": " + (to - from) / 1000 + " µs";
    }
}
