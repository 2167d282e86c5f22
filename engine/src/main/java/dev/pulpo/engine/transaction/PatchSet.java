package dev.pulpo.engine.transaction;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.commit.Change;
import dev.pulpo.engine.commit.Changes;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.commit.QuiescenceRanges;
import dev.pulpo.engine.load.FreshPlan;
import dev.pulpo.engine.load.PatchLoader;
import dev.pulpo.engine.load.PatchRemoval;
import dev.pulpo.engine.load.PlanCheck;
import dev.pulpo.engine.recovery.Recovery;
import dev.pulpo.engine.recovery.StalePatches;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Patches that come into force in one process by one stop, all or none. If several replace a function, the last one wins. A
 * phase undoes its work before it throws:
 *
 * <pre>
 *   prepare   loads all, and records them as PREPARED, with the number of their transaction; calls the callbacks that
 *             come before
 *   commit    REVERTING for the removed ones, all code, then ACTIVE one by one: the first of them decides
 *   finish    REVERTED for the removed ones, the callbacks that come after, and unloads the removed ones
 * </pre>
 *
 * <p>For several processes, see {@code JointOperation}.
 */
public final class PatchSet implements TransactionStep {
    private final Session session;
    private final Consistency consistency;
    private final List<PatchPlan> plans;
    private final List<Registry.StoredRecord> records;
    private final PatchRemoval removal;
    private final TransactionLink link;
    private final TransactionRecords transaction;

    private PatchSet(Session session, Consistency consistency, List<PatchPlan> plans,
            List<Registry.StoredRecord> records,
            TransactionLink link) {
        this.session = session;
        this.consistency = consistency;
        this.plans = plans;
        this.records = records;
        this.link = link;
        this.transaction = new TransactionRecords(session, consistency, link, records);
        this.removal = new PatchRemoval(session, session.ledger().now().active().stream()
                .filter(active -> plans.stream().anyMatch(plan -> plan.leaving().contains(active.patch().id())))
                .toList(), Retention.WHILE_REACHABLE);
    }

    /**
     * Makes a process ready for patches, and plans again: it may have changed since. Injects the stub where there is none,
     * and recovers what an earlier tool has left.
     *
     * @param plans  in the order in which they stack
     * @param checks for functions that resolvers yield
     * @return those that have something to do: what is in force already is left out
     * @throws RefusedException with all reasons against any of them
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public static List<PatchPlan> replanned(Session session, List<PatchPlan> plans, Consistency consistency,
            PlanCheck checks) throws IOException {
        try (Tracee.Span checking = session.phase(Phase.CHECK)) {
            session.ensureStub();
            return plannedAgain(session, plans, consistency, checks);
        }
    }

    private static List<PatchPlan> plannedAgain(Session session, List<PatchPlan> plans, Consistency consistency,
            PlanCheck checks) throws IOException {
        Recovery.run(session, consistency.maxPause());
        StalePatches.retire(session, List.of());
        List<PatchPlan> fresh = new ArrayList<>();
        List<Refusal> refusals = new ArrayList<>();
        boolean outdated = false;
        for (int i = 0; i < plans.size(); i++) {
            PatchPlan plan = plans.get(i);
            PatchPlan made = new FreshPlan(plan, session).make(checks, fresh,
                    plans.subList(i + 1, plans.size()).stream().map(PatchPlan::id).toList());
            if (!made.isInForce()) {
                fresh.add(made);
                made.refusals().stream().filter(refusal -> !refusals.contains(refusal)).forEach(refusals::add);
                outdated |= !FreshPlan.isOf(plan, made);
            }
        }
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        if (outdated) {
            throw new RefusedException(session.pid(),
                    new Refusal.PlanOutdated("the patch or its target has changed"));
        }
        return fresh;
    }

    /**
     * Loads and records all.
     *
     * @param plans fresh ones, of {@link #replanned}
     * @param link  to other processes; empty without any
     */
    public static PatchSet prepare(Session session, List<PatchPlan> plans, Consistency consistency,
            Optional<TransactionLink> link) throws IOException {
        boolean alone = plans.size() == 1 && plans.getFirst().leaving().isEmpty();
        TransactionLink own = link.orElseGet(() -> alone
                ? TransactionLink.NONE
                : TransactionLink.of(TransactionLink.newNumber()));
        List<Long> loaded = new ArrayList<>();
        try {
            for (PatchPlan plan : plans) {
                session.checkInterrupted();
                loaded.add(new PatchLoader(session, plan, Optional.empty()).run(own));
            }
            PatchSet set = new PatchSet(session, consistency, plans, session.ledger().records(loaded), own);
            CallbackCalls.beforeApply(session, set.records);
            set.removal.prepare();
            return set;
        } catch (RuntimeException | Error failed) {
            PatchLoader.rollBack(session, loaded, failed);
            throw failed;
        }
    }

    /**
     * Brings all into force in one stop. If that fails before the first change, unloads them again.
     *
     * @param to the state of their records afterwards
     */
    public CommitLoop.Done commit(State to) {
        try {
            removal.noteTransaction(link.transaction());
            CommitLoop.Done done = new CommitLoop(session, changes(to), functions(), CodeRanges.of(forbidden()),
                    consistency).untilDone(session.deadline());
            session.complete();
            return done;
        } catch (RuntimeException | Error failed) {
            abandon(failed);
            throw failed;
        }
    }

    /** Brings all into force, undecided. */
    @Override
    public CommitLoop.Done commit() {
        return commit(State.PENDING);
    }

    /** Unloads all, unless something has changed: that is left to the next tool. */
    @Override
    public void abandon(Throwable failure) {
        if (removal.isInForce()) {
            PatchLoader.rollBack(session, records.stream().map(Registry.StoredRecord::number).toList(), failure);
        }
    }

    /**
     * Finishes the removal of the replaced patches.
     *
     * @return whether all their memory was unmapped; false where none was removed
     */
    @Override
    public boolean finish() {
        boolean unloaded = removal.finish(consistency, session.deadline()) && !removal.ids().isEmpty();
        for (PatchPlan plan : plans) {
            session.message("applied " + plan.id().shortForm() + " from " + plan.patch().file() + " to "
                    + plan.target() + ": " + Session.names(plan.functions()));
        }
        return unloaded;
    }

    @Override
    public Result result(CommitLoop.Done done, boolean unloaded, long began) {
        return new Result.InForce(session.pid(), outcomes(done, unloaded, began));
    }

    @Override
    public Result undone(boolean unloaded) {
        return new Result.TakenBack(session.pid(), unloaded);
    }

    /** The outcomes, in the order of the plans. */
    public List<Outcome> outcomes(CommitLoop.Done done, boolean unloaded, long began) {
        Duration total = Duration.ofNanos(System.nanoTime() - began);
        return plans.stream().map(plan -> new Outcome(Outcome.Kind.APPLIED, plan.pid(), plan.id(),
                plan.functions().stream().map(PlannedFunction::function).toList(), done.figures().threads(),
                done.figures().duration(), session.pause(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), total, done.attempts(), done.released(), session.injected(), unloaded,
                removal.ids().stream().filter(plan.leaving()::contains).toList(), session.held(removal.ids())))
                .toList();
    }

    @Override
    public TransactionRecords transaction() {
        return transaction;
    }

    /** Makes the PENDING patches ACTIVE, after the decision. */
    @Override
    public void confirm() {
        transaction.mark(TransactionLink.Mark.DECIDED);
        records.forEach(record -> session.ledger().setState(record, State.ACTIVE));
    }

    private List<FunctionRecord> functions() {
        List<FunctionRecord> functions = new ArrayList<>();
        records.forEach(record -> functions.addAll(record.patch().functions()));
        functions.addAll(removal.functions());
        return functions;
    }

    private List<Change> changes(State to) {
        Map<RemoteAddress, Change> code = new LinkedHashMap<>();
        for (int i = 0; i < plans.size(); i++) {
            List<FunctionRecord> functions = records.get(i).patch().functions();
            for (int j = 0; j < functions.size(); j++) {
                FunctionRecord function = functions.get(j);
                byte[] expected = plans.get(i).functions().get(j).expected().toArray();
                Change before = code.put(function.entry(),
                        Change.ofCode(function.name(), function.site(), expected, function.detour()));
                if (before != null
                        && (!before.site().equals(function.site()) || !Arrays.equals(before.before(), expected))) {
                    throw new RefusedException(session.pid(), new Refusal.NotPatchable(function.name(),
                            "two patches of it would overwrite different bytes; apply one after the other"));
                }
            }
        }
        List<Change> changes = new ArrayList<>(removal.toReverting());
        changes.addAll(removal.changes(code.keySet()));
        changes.addAll(code.values());
        records.forEach(record -> changes.add(Changes.ofState(record, State.PREPARED, to)));
        return changes;
    }

    private List<CodeRanges.Range> forbidden() {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        if (consistency.level() != Consistency.Level.NONE) {
            ranges.addAll(removal.forbidden());
        }
        for (int i = 0; i < plans.size(); i++) {
            LoadedObject target = session.object(plans.get(i).target());
            List<FunctionRecord> functions = records.get(i).patch().functions();
            ranges.addAll(QuiescenceRanges.of(consistency.level(), session, target, functions));
        }
        return ranges;
    }
}
