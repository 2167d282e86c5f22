package dev.pulpo.engine.trace;

/** The longest time that one thread was stopped. The tracer thread writes it; it is read when the work is done. */
public final class LongestStop {
    private volatile long nanos;

    public void note(long duration) {
        if (duration > nanos) {
            nanos = duration;
        }
    }

    /** For another operation. */
    void forget() {
        nanos = 0;
    }

    /** In nanoseconds. */
    public long nanos() {
        return nanos;
    }
}
