package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * The process could not be patched with a stop as short as was demanded, until the deadline. Each time it was released as
 * soon as that was clear. Nothing has changed.
 */
public final class PauseExceededException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private static final List<Remedy> REMEDIES = List.of(Remedy.Action.ALLOW_LONGER_STOP,
            new Remedy.WaitLonger("wait longer"), new Remedy.Elsewhere("give the machine less to do"),
            new Remedy.AskFor(Consistency.Level.NONE));

    private final Duration maxPause;
    private final Duration shortest;
    private final int attempts;

    public PauseExceededException(int pid, Duration maxPause, Duration shortest, int attempts) {
        super(pid, REMEDIES, words -> "process " + pid + " cannot be patched with a stop of at most " + micros(maxPause)
                + ": " + attempts
                + (attempts == 1 ? " attempt was" : " attempts were") + " released for that, the shortest after "
                + micros(shortest)
                + ", before the work was done. What helps: " + words.say(REMEDIES), null);
        this.maxPause = maxPause;
        this.shortest = shortest;
        this.attempts = attempts;
    }

    private static String micros(Duration duration) {
        return duration.toNanos() / 1000 + " µs";
    }

    /** What was demanded. */
    public Duration maxPause() {
        return maxPause;
    }

    /** The shortest stop of the attempts that were released, from the first interrupt to the last release. */
    public Duration shortest() {
        return shortest;
    }

    /** How many attempts were released because they would have taken too long. */
    public int attempts() {
        return attempts;
    }
}
