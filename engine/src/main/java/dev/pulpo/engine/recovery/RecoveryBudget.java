package dev.pulpo.engine.recovery;

import java.time.Duration;

/**
 * Limits the time that recovery spends on other processes, from the first question. They must not decide how long it
 * takes.
 */
final class RecoveryBudget {
    private final Duration length;
    private long until;
    private boolean begun;

    RecoveryBudget(Duration length) {
        this.length = length;
    }

    boolean isOver() {
        return nanosLeft() <= 0;
    }

    /** Nanoseconds that are left. */
    long nanosLeft() {
        if (!begun) {
            begun = true;
            until = System.nanoTime() + length.toNanos();
        }
        return until - System.nanoTime();
    }

    String reason() {
        return "there was no time for more than " + length.toSeconds() + " s of asking";
    }
}
