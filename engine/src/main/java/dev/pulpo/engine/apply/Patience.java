package dev.pulpo.engine.apply;

import java.time.Duration;

/**
 * How long something may take in all, from when it was needed first. What takes others' word for something has one: whoever
 * they are, they do not decide how long it takes.
 */
final class Patience {
    private final Duration length;
    private long until;
    private boolean begun;

    Patience(Duration length) {
        this.length = length;
    }

    /** Whether it is over. */
    boolean isOver() {
        return nanosLeft() <= 0;
    }

    /** How much of it is left. */
    long nanosLeft() {
        if (!begun) {
            begun = true;
            until = System.nanoTime() + length.toNanos();
        }
        return until - System.nanoTime();
    }

    /** Why something was left undone. */
    String reason() {
        return "there was no time for more than " + length.toSeconds() + " s of asking";
    }
}
