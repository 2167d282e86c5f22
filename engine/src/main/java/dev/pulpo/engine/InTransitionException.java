package dev.pulpo.engine;

import java.time.Duration;

/**
 * Not all threads of the target had changed from one version of some functions to the other when the time was over. The
 * change goes on: it is begun, those that are named run what they ran before, and all others run what they should. To be
 * continued with {@link LiveProcess#awaitTransition}, {@link LiveProcess#forceTransition} or
 * {@link LiveProcess#reverseTransition}.
 */
public final class InTransitionException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final transient Transition transition;

    public InTransitionException(int pid, Duration waited, Transition transition) {
        super(pid, transition.behind().stream().flatMap(thread -> thread.remedies().stream()).distinct().toList(),
                words -> "process " + pid + " is in transition after " + waited.toMillis() + " ms: patch "
                        + transition.text(words),
                null);
        this.transition = transition;
    }

    /** The patch, and the threads that have not changed at the last look; at least one. */
    public Transition transition() {
        return transition;
    }
}
