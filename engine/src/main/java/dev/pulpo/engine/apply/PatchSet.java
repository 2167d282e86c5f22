package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Patches that come into force in one process by one stop, all or none; where several replace a function, the last one has it.
 * What fails in a phase is undone before it is thrown:
 *
 * <pre>
 *   prepare   all loaded and recorded as PREPARED, with the number of their transaction
 *   commit    REVERTING for those that go, all code, then ACTIVE for one after the other: the first of them decides
 *   finish    REVERTED for those that go, and their memory back
 * </pre>
 *
 * Where other processes take part, see {@link JointOperation}.
 */
final class PatchSet implements JointStep {
    private final Session session;
    private final Consistency consistency;
    private final long deadline;
    private final List<PatchPlan> plans;
    private final Registry registry;
    private final List<Registry.Entry> entries;
    private final Leaving leaving;
    private final Ties ties;
    private final TransactionRecords records;

    private PatchSet(Session session, Consistency consistency, long deadline, List<PatchPlan> plans,
            Registry registry, List<Registry.Entry> entries, Ties ties) {
        this.session = session;
        this.consistency = consistency;
        this.deadline = deadline;
        this.plans = plans;
        this.registry = registry;
        this.entries = entries;
        this.ties = ties;
        this.records = new TransactionRecords(session, consistency, ties, entries);
        this.leaving = new Leaving(session, registry, registry.active().stream()
                .filter(active -> plans.stream().anyMatch(plan -> plan.leaving().contains(active.patch().id())))
                .toList());
    }

    /** A number for a transaction; nobody has had it before. */
    static long newTransaction() {
        long number;
        do {
            number = ThreadLocalRandom.current().nextLong();
        } while (number == 0);
        return number;
    }

    /**
     * Plans anew what is to be applied: what was true then need not be any more.
     *
     * @param plans    in the order in which they stack
     * @param registry without anything half done
     * @param checks   made where functions have become known by asking
     * @param deadline for asking, on the scale of {@link System#nanoTime}
     * @throws RefusedException with all reasons against any of them
     */
    static List<PatchPlan> replanned(Session session, List<PatchPlan> plans, Registry registry, PlanCheck checks,
            long deadline) throws IOException {
        List<PatchPlan> fresh = new ArrayList<>();
        for (PatchPlan plan : plans) {
            fresh.add(new FreshPlan(plan, session, registry, deadline).make(checks, fresh));
        }
        List<Refusal> refusals = fresh.stream().flatMap(plan -> plan.refusals().stream()).distinct().toList();
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        for (int i = 0; i < plans.size(); i++) {
            if (!FreshPlan.isOf(plans.get(i), fresh.get(i))) {
                throw new RefusedException(session.pid(),
                        new Refusal.PlanOutdated("the patch or its target has changed"));
            }
        }
        return fresh;
    }

    /**
     * Loads all, and records them.
     *
     * @param plans    {@link #replanned} ones
     * @param registry as it is
     * @param ties     to other processes; empty where there are none
     */
    static PatchSet prepare(Session session, List<PatchPlan> plans, Registry registry, Consistency consistency,
            Optional<Ties> ties, long deadline) throws IOException {
        boolean alone = plans.size() == 1 && plans.getFirst().leaving().isEmpty();
        Ties own = ties.orElseGet(() -> alone ? Ties.NONE : Ties.of(newTransaction()));
        Registry now = registry;
        List<Long> numbers = new ArrayList<>();
        List<Registry.Entry> entries = List.of();
        for (PatchPlan plan : plans) {
            try {
                Recorded recorded = new Loading(session, plan, Optional.empty(), deadline).run(now, own);
                numbers.add(recorded.entry().patch().sequence());
                if (plans.size() == 1) {
                    now = recorded.registry();
                    entries = List.of(recorded.entry());
                } else {
                    // Where it was full, all entries are elsewhere now.
                    now = session.readRegistry();
                    entries = numbers.stream().map(now::numbered).map(Optional::orElseThrow).toList();
                }
            } catch (RuntimeException | Error failed) {
                Loading.takeOut(session, now, entries, failed);
                throw failed;
            }
        }
        return new PatchSet(session, consistency, deadline, plans, now, entries, own);
    }

    /**
     * Brings all into force in one stop. Where it fails, and nothing has changed, they are unloaded again.
     *
     * @param to what their records become
     */
    Stops.Done commit(State to) {
        try {
            leaving.tie(ties.transaction());
            return new Stops(session, changes(to), functions(), CodeRanges.of(forbidden()), consistency)
                    .untilDone(deadline);
        } catch (RuntimeException | Error failed) {
            abandon(failed);
            throw failed;
        }
    }

    /** Has them in force, until it is decided whether they stay. */
    @Override
    public Stops.Done commit() {
        return commit(State.PENDING);
    }

    /** Takes all out again, unless something has changed that the next tool has to see to. */
    @Override
    public void abandon(Throwable failure) {
        if (leaving.isInForce()) {
            Loading.takeOut(session, registry, entries, failure);
        }
    }

    /**
     * Records that those that were to go have gone, and gives their memory back.
     *
     * @return whether all of it was given back; false where none had to go
     */
    @Override
    public boolean finish() {
        boolean unloaded = !leaving.ids().isEmpty()
                && leaving.finish(consistency.level() != Consistency.Level.NONE, deadline);
        for (PatchPlan plan : plans) {
            session.message("applied " + plan.id().shortForm() + " from " + plan.patch().file() + " to "
                    + plan.target() + ": " + Session.names(plan.functions()));
        }
        return unloaded;
    }

    @Override
    public Result done(Stops.Done done, boolean unloaded, long began) {
        return new Result.InForce(session.pid(), outcomes(done, unloaded, began));
    }

    @Override
    public Result takenBack(boolean unloaded) {
        return new Result.TakenBack(session.pid(), unloaded);
    }

    /** What there is to tell of each, in the order of the plans. */
    List<Outcome> outcomes(Stops.Done done, boolean unloaded, long began) {
        Duration total = Duration.ofNanos(System.nanoTime() - began);
        return plans.stream().map(plan -> new Outcome(Outcome.Kind.APPLIED, plan.pid(), plan.id(),
                plan.functions().stream().map(PlannedFunction::function).toList(), done.figures().threads(),
                done.figures().duration(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), total, done.attempts(), done.released(), session.injected(), unloaded,
                leaving.ids().stream().filter(plan.leaving()::contains).toList())).toList();
    }

    @Override
    public TransactionRecords records() {
        return records;
    }

    /** Makes what is PENDING stay, once that has been decided. */
    @Override
    public void stay() {
        records.mark(Ties.Mark.DECIDED);
        entries.forEach(entry -> Registry.setState(session.memory(), entry, State.ACTIVE));
    }

    private List<FunctionRecord> functions() {
        List<FunctionRecord> functions = new ArrayList<>();
        entries.forEach(entry -> functions.addAll(entry.patch().functions()));
        functions.addAll(leaving.functions());
        return functions;
    }

    private List<Change> changes(State to) {
        Map<RemoteAddress, Change> code = new LinkedHashMap<>();
        for (int i = 0; i < plans.size(); i++) {
            List<FunctionRecord> functions = entries.get(i).patch().functions();
            for (int j = 0; j < functions.size(); j++) {
                FunctionRecord function = functions.get(j);
                byte[] expected = HexFormat.of().parseHex(plans.get(i).functions().get(j).expected());
                Change before = code.put(function.entry(),
                        Change.ofCode(function.name(), function.site(), expected, function.detour()));
                if (before != null
                        && (!before.site().equals(function.site()) || !Arrays.equals(before.before(), expected))) {
                    throw new RefusedException(session.pid(), new Refusal.NotPatchable(function.name(),
                            "two patches of it would overwrite different bytes; apply one after the other"));
                }
            }
        }
        List<Change> changes = new ArrayList<>(leaving.marks());
        changes.addAll(leaving.changes(code.keySet()));
        changes.addAll(code.values());
        entries.forEach(entry -> changes.add(Changes.ofState(entry, State.PREPARED, to)));
        return changes;
    }

    private List<CodeRanges.Range> forbidden() {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        if (consistency.level() != Consistency.Level.NONE) {
            ranges.addAll(leaving.forbidden());
        }
        for (int i = 0; i < plans.size(); i++) {
            LoadedObject target = session.object(plans.get(i).target());
            List<FunctionRecord> functions = entries.get(i).patch().functions();
            ranges.addAll(OldCode.of(consistency.level(), session, registry, target, functions));
        }
        return ranges;
    }
}
