package dev.pulpo.engine.operation;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.recovery.StalePatches;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.engine.transition.ThreadTransition;
import dev.pulpo.engine.target.Tracee;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Continues a transition that another operation has begun, perhaps of a tool that died. */
public final class TransitionOperation {
    /** How long a look waits for another operation on the process. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private TransitionOperation() {}

    /** What to do with the transition. */
    public enum Action {
        /** Waits until the last thread has changed. */
        AWAIT {
            @Override
            Outcome of(ThreadTransition transition) {
                return transition.resumed().await();
            }
        },
        /** Ends it at once; remaining threads change inside the code. */
        FORCE {
            @Override
            Outcome of(ThreadTransition transition) {
                return transition.force();
            }
        },
        /** Reverses it: changed threads change back, the others stay. */
        REVERSE {
            @Override
            Outcome of(ThreadTransition transition) {
                transition.begin(ThreadTransition.opposite(transition.direction()));
                return transition.await();
            }
        };

        abstract Outcome of(ThreadTransition transition);
    }

    /** The transition, if there is one. Each thread is stopped alone, for as long as a look at its stack takes. */
    public static Optional<Transition> status(Tracee tracee) {
        try (Session session = Session.open(tracee, System.nanoTime() + PATIENCE.toNanos(), Warmup.begin())) {
            return transition(session, Duration.ZERO).map(ThreadTransition::status);
        }
    }

    /** @throws RefusedException where there is no transition */
    public static Outcome run(Tracee tracee, Action action, Duration timeout) {
        try (Session session = Session.open(tracee, System.nanoTime() + timeout.toNanos(), Warmup.begin())) {
            return action.of(transition(session, timeout).orElseThrow(
                    () -> new RefusedException(tracee.pid(), new Refusal.NoTransition(tracee.pid()))));
        }
    }

    private static Optional<ThreadTransition> transition(Session session, Duration timeout) {
        if (session.image().stub().isEmpty()) {
            return Optional.empty();
        }
        StalePatches.retire(session, List.of());
        return session.ledger().now().transition().map(record -> new ThreadTransition(session, record,
                ThreadWord.find(session.image(), session.memory()).orElseThrow(() -> new TargetUnreadableException(
                        session.pid(), "a patch is in transition, and the word of the threads cannot be found")),
                Consistency.perThread(timeout), session.deadline()));
    }
}
