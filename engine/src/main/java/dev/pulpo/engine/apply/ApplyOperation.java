package dev.pulpo.engine.apply;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Loads patches, and brings them into force in one stop. */
public final class ApplyOperation {
    private static final long LOADING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final List<PatchPlan> plans;
    private final Consistency consistency;
    private final Session session;
    private final PlanCheck checks;
    private final long deadline;
    private final long end;

    /**
     * @param end when the time for threads to leave is over. Who lets them leave one by one may give them no time at all;
     *            what comes before that has as much time as it needs.
     */
    private ApplyOperation(List<PatchPlan> plans, Consistency consistency, PlanCheck checks, Session session,
            long end) {
        this.plans = plans;
        this.consistency = consistency;
        this.checks = checks;
        this.session = session;
        this.end = end;
        this.deadline = consistency.level() == Consistency.Level.PER_THREAD
                ? Math.max(end, System.nanoTime() + LOADING_NANOS)
                : end;
    }

    /**
     * Applies plans, all or none.
     *
     * @param plans          of one process, in the order in which they stack; at least one
     * @param checks         made once more where the plans did not know all functions
     * @param memory         of the process
     * @param seen           what it was made of when the plans were made
     * @param suspendSeccomp whether the filters of borrowed threads are to do nothing while they are borrowed
     * @return one for each plan
     */
    public static List<Outcome> run(List<PatchPlan> plans, Consistency consistency, PlanCheck checks,
            TraceeMemory memory, Optional<ProcessImage> seen, boolean suspendSeccomp) {
        long began = System.nanoTime();
        PatchPlan first = plans.getFirst();
        refuseTogetherByThread(plans, consistency);
        try (Session session = Session.open(first.pid(), first.startTime(), memory, seen)) {
            if (suspendSeccomp) {
                session.suspendSeccomp();
            }
            return new ApplyOperation(plans, consistency, checks, session, began + consistency.timeout().toNanos())
                    .run(began);
        } catch (IOException e) {
            throw new UncheckedIOException(files(plans), e);
        }
    }

    /** What is applied, for people. */
    static String files(List<PatchPlan> plans) {
        return (plans.size() == 1 ? "patch " : "patches ")
                + plans.stream().map(plan -> RawText.of(plan.patch().file())).collect(Collectors.joining(", "));
    }

    /** Gates of one patch obey one byte; there is no instant at which those of several would turn together. */
    private static void refuseTogetherByThread(List<PatchPlan> plans, Consistency consistency) {
        if (consistency.level() == Consistency.Level.PER_THREAD && plans.size() > 1) {
            throw new RefusedException(plans.getFirst().pid(), new Refusal.NotByThread(
                    plans.size() + " patches are to come into force in the same stop"));
        }
    }

    private List<Outcome> run(long began) throws IOException {
        Registry registry = Stale.retire(session,
                Recovery.run(session, session.registry(deadline), consistency.maxPause(), deadline), List.of());
        List<PatchPlan> fresh = PatchSet.replanned(session, plans, registry, checks, deadline);
        if (consistency.level() == Consistency.Level.PER_THREAD) {
            return List.of(byThread(registry, fresh.getFirst()));
        }
        PatchSet set = PatchSet.prepare(session, fresh, registry, consistency, Optional.empty(), deadline);
        Stops.Done done = set.commit(PatchRecord.State.ACTIVE);
        return set.outcomes(done, set.finish(), began);
    }

    private Outcome byThread(Registry registry, PatchPlan plan) throws IOException {
        if (!plan.leaving().isEmpty()) {
            throw new RefusedException(plan.pid(), new Refusal.NotByThread(
                    "other patches are to go out of force in the same stop"));
        }
        Gates gates = gates(registry);
        Recorded recorded = new Loading(session, plan, Optional.of(gates), deadline).run(registry, Ties.NONE);
        Changeover changeover = new Changeover(session, recorded.registry(), recorded.entry(), gates.word(),
                consistency, end);
        try {
            changeover.begin(Transition.Direction.TO_PATCH);
        } catch (RuntimeException | Error failed) {
            Loading.takeOut(session, recorded.registry(), List.of(recorded.entry()), failed);
            throw failed;
        }
        return changeover.await();
    }

    /** A mark that no thread has: marks may be left in threads that could not be reached when a transition was ended. */
    private Gates gates(Registry registry) {
        int mark = 2 * ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE / 2);
        return new Gates(ThreadWord.of(session, registry, deadline), mark, registry.functionsInForce());
    }
}
