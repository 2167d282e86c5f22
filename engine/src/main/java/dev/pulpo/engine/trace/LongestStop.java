package dev.pulpo.engine.trace;

/** The longest that one thread was kept from running. Written by the tracer thread, read when its work is done. */
public final class LongestStop {
    private volatile long nanos;

    void note(long duration) {
        if (duration > nanos) {
            nanos = duration;
        }
    }

    /** Another operation begins. */
    void forget() {
        nanos = 0;
    }

    /** In nanoseconds. */
    public long nanos() {
        return nanos;
    }
}
