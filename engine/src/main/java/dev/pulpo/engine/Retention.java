package dev.pulpo.engine;

/** How long a patch stays loaded once it is out of force. */
public enum Retention {
    /**
     * As long as anything could lead into it: a register of a thread, a word of memory. Each later operation on the process
     * looks again. See {@link Outcome#held}.
     */
    WHILE_REACHABLE,
    /** As long as the process lives. */
    ALWAYS
}
