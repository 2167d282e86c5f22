package dev.pulpo.engine.stack;

import java.time.Duration;
import java.util.Optional;

/**
 * How long a stop of the whole process may last. It is asked all the time within the stop, and allocates nothing. Letting go
 * of all threads takes its time, too, which can only be estimated: as long as it took the last time, or as long as it took to
 * stop them. Not thread-safe.
 */
public final class PauseBudget {
    private static final long UNLIMITED = Long.MAX_VALUE;

    private final long most;
    private final boolean measured;
    private long release;
    private long began;
    private boolean spent;

    private PauseBudget(long most, long release) {
        this.most = most;
        this.release = release;
        this.measured = release > 0;
    }

    /** No limit. */
    public static PauseBudget unlimited() {
        return new PauseBudget(UNLIMITED, 0);
    }

    /**
     * This limit.
     *
     * @param release how long it took to release all threads when they were stopped the last time, in nanoseconds; 0 where
     *                that is not known
     */
    public static PauseBudget of(Optional<Duration> most, long release) {
        return most.map(limit -> new PauseBudget(limit.toNanos(), release)).orElseGet(PauseBudget::unlimited);
    }

    /** The stop begins. */
    public void begin() {
        begin(System.nanoTime());
    }

    /** The stop began at this time, on the scale of {@link System#nanoTime}. */
    public void begin(long since) {
        began = since;
        spent = false;
    }

    /** All threads stand. */
    public void allStand() {
        if (!measured) {
            release = System.nanoTime() - began;
        }
    }

    /** Whether the stop would take too long, were the threads released now. What was true once stays so. */
    public boolean isSpent() {
        if (!spent && most != UNLIMITED) {
            spent = System.nanoTime() - began > most - release;
        }
        return spent;
    }
}
