package dev.pulpo.engine.target;

import org.jspecify.annotations.Nullable;

/** Holds the stack of a thread that waits for work on another one. */
public final class CallerStack extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private CallerStack() {
        super("called from");
    }

    /** Loads this class: where no more files can be opened, none can be loaded. */
    static void prepare() {
        // It is loaded by now.
    }

    /**
     * What the caller throws where work on another thread has failed; an error is thrown. It gets the caller's stack, without
     * which the trace would end in the executor.
     *
     * @param what the work was done on, for a failure that may not be thrown
     */
    public static RuntimeException rethrown(@Nullable Throwable cause, String what) {
        if (cause instanceof RuntimeException unchecked) {
            unchecked.addSuppressed(new CallerStack());
            return unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("work on " + what + " failed", cause);
    }
}
