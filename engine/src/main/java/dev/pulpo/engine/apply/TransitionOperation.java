package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Goes on with a transition that another operation has begun, perhaps that of a tool which is no more. */
public final class TransitionOperation {
    private TransitionOperation() {}

    /** What is to become of the transition. */
    public enum Wish {
        /** It comes to its end when the last thread has changed. */
        AWAIT {
            @Override
            Outcome of(Changeover changeover) {
                return changeover.resumed().await();
            }
        },
        /** It ends at once, whoever has not changed. */
        FORCE {
            @Override
            Outcome of(Changeover changeover) {
                return changeover.force();
            }
        },
        /** Threads that have changed change back, and those that have not need not any more. */
        REVERSE {
            @Override
            Outcome of(Changeover changeover) {
                changeover.begin(Changeover.opposite(changeover.direction()));
                return changeover.await();
            }
        };

        abstract Outcome of(Changeover changeover);
    }

    /** The transition, if there is one. Each thread is stopped by itself, for as long as it takes to look at its stack. */
    public static Optional<Transition> status(int pid, long startTime, TraceeMemory memory) {
        try (Session session = Session.open(pid, startTime, memory)) {
            return changeover(session, Duration.ZERO, System.nanoTime()).map(Changeover::status);
        }
    }

    /** @throws RefusedException where there is no transition */
    public static Outcome run(int pid, long startTime, Wish wish, Duration timeout, TraceeMemory memory) {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Session session = Session.open(pid, startTime, memory)) {
            return wish.of(changeover(session, timeout, deadline)
                    .orElseThrow(() -> new RefusedException(pid, new Refusal.NoTransition(pid))));
        }
    }

    private static Optional<Changeover> changeover(Session session, Duration timeout, long deadline) {
        if (session.image().stub().isEmpty()) {
            return Optional.empty();
        }
        Registry registry = Stale.retire(session, session.readRegistry(), List.of());
        return registry.transition().map(entry -> new Changeover(session, registry, entry,
                ThreadWord.find(session.image(), session.memory()).orElseThrow(() -> new TargetUnreadableException(
                        session.pid(), "a patch is in transition, and the word of the threads cannot be found")),
                Consistency.perThread(timeout), deadline));
    }
}
