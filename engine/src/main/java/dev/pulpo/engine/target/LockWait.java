package dev.pulpo.engine.target;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * How an operation waits while another one works on its process.
 *
 * @param longest how long; empty for the operation's own timeout
 * @param told    gets a line for people when the wait lasts
 */
public record LockWait(Optional<Duration> longest, Consumer<String> told) {
    /** Waits up to the operation's timeout, in silence. */
    public static final LockWait AS_LONG_AS_THE_OPERATION = new LockWait(Optional.empty(), words -> {});

    /** Does not wait. */
    public static final LockWait NONE = new LockWait(Optional.of(Duration.ZERO), words -> {});
}
