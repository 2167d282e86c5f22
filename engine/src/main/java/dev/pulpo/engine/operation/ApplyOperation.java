package dev.pulpo.engine.operation;

import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.load.Gates;
import dev.pulpo.engine.load.PatchLoader;
import dev.pulpo.engine.load.PlanCheck;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.engine.transaction.PatchSet;
import dev.pulpo.engine.transition.ThreadTransition;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Loads patches, and brings them into force: in one stop, or thread by thread. */
public final class ApplyOperation {
    private static final long LEAST_LOADING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final List<PatchPlan> plans;
    private final Consistency consistency;
    private final PlanCheck checks;
    private final Session session;

    private ApplyOperation(List<PatchPlan> plans, Consistency consistency, PlanCheck checks, Session session) {
        this.plans = plans;
        this.consistency = consistency;
        this.checks = checks;
        this.session = session;
    }

    /**
     * Applies plans, all or none.
     *
     * @param plans          of this process, in the order in which they stack; at least one
     * @param checks         for functions that the plans left open
     * @param seen           the image for which the plans were made
     * @param suspendSeccomp whether to suspend the seccomp filters of borrowed threads
     * @return one for each plan
     */
    public static List<Outcome> run(Tracee tracee, List<PatchPlan> plans, Consistency consistency, PlanCheck checks,
            Optional<ProcessImage> seen, boolean suspendSeccomp) {
        long began = System.nanoTime();
        boolean byThread = consistency.level() == Consistency.Level.PER_THREAD;
        if (byThread && plans.size() > 1) {
            // The gates of one patch obey one mode byte. Those of several could not turn at the same instant.
            throw new RefusedException(tracee.pid(), new Refusal.NotByThread(
                    plans.size() + " patches are to come into force in the same stop"));
        }
        long end = began + consistency.timeout().toNanos();
        // The timeout limits the transition alone, and may be zero. Loading gets the time that it needs.
        long deadline = byThread ? Math.max(end, began + LEAST_LOADING_NANOS) : end;
        try (Session session = Session.open(tracee, seen, deadline, Warmup.begin())) {
            if (suspendSeccomp) {
                session.suspendSeccomp();
            }
            ApplyOperation operation = new ApplyOperation(plans, consistency, checks, session);
            return byThread ? List.of(operation.byThread(end)) : operation.inOneStop(began);
        } catch (IOException e) {
            throw new UncheckedIOException(files(plans), e);
        }
    }

    /** The patch files, for people. */
    public static String files(List<PatchPlan> plans) {
        return (plans.size() == 1 ? "patch " : "patches ")
                + plans.stream().map(plan -> RawText.of(plan.patch().file())).collect(Collectors.joining(", "));
    }

    private List<Outcome> inOneStop(long began) throws IOException {
        List<PatchPlan> open = replanned();
        if (open.isEmpty()) {
            return plans.stream().map(ApplyOperation::inForceAlready).toList();
        }
        PatchSet set = PatchSet.prepare(session, open, consistency, Optional.empty());
        CommitLoop.Done done = set.commit(PatchRecord.State.ACTIVE);
        Map<PatchId, Outcome> outcomes = set.outcomes(done, set.finish(), began).stream()
                .collect(Collectors.toMap(Outcome::patch, outcome -> outcome));
        return plans.stream().map(plan -> outcomes.getOrDefault(plan.id(), inForceAlready(plan))).toList();
    }

    /** The outcome for a plan that has nothing to do. */
    public static Outcome inForceAlready(PatchPlan plan) {
        return Outcome.already(Outcome.Kind.IN_FORCE_ALREADY, plan.pid(), plan.id(),
                plan.patch().replacements().stream().map(Replacement::function).toList());
    }

    private List<PatchPlan> replanned() throws IOException {
        return PatchSet.replanned(session, plans, consistency, checks);
    }

    /** @param end deadline for threads to change */
    private Outcome byThread(long end) throws IOException {
        List<PatchPlan> open = replanned();
        if (open.isEmpty()) {
            return inForceAlready(plans.getFirst());
        }
        PatchPlan plan = open.getFirst();
        if (!plan.leaving().isEmpty()) {
            throw new RefusedException(plan.pid(), new Refusal.NotByThread(
                    "other patches are to go out of force in the same stop"));
        }
        Gates gates = gates();
        long loaded = new PatchLoader(session, plan, Optional.of(gates)).run(TransactionLink.NONE);
        List<Registry.StoredRecord> records = session.ledger().records(List.of(loaded));
        ThreadTransition transition = new ThreadTransition(session, records.getFirst(), gates.word(), consistency,
                end + session.waited());
        try {
            CallbackCalls.beforeApply(session, records);
            transition.begin(Transition.Direction.TO_PATCH);
        } catch (RuntimeException | Error failed) {
            PatchLoader.rollBack(session, List.of(loaded), failed);
            throw failed;
        }
        try {
            return transition.await();
        } catch (OperationInterruptedException interrupted) {
            throw transition.undone(interrupted);
        }
    }

    /**
     * Chooses a mark that no thread has. Old marks may remain in threads that were out of reach at the end of a transition.
     */
    private Gates gates() {
        int mark = 2 * ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE / 2);
        return new Gates(ThreadWord.of(session), mark, session.ledger().now().functionsInForce());
    }
}
