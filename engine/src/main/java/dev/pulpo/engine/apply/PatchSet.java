package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.HalfDone;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
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
 * Where other processes take part, see {@link JointApply}.
 */
final class PatchSet {
    private final Session session;
    private final Consistency consistency;
    private final long deadline;
    private final List<PatchPlan> plans;
    private final Registry registry;
    private final List<Registry.Entry> entries;
    private final Leaving leaving;
    private final Ties ties;

    private PatchSet(Session session, Consistency consistency, long deadline, List<PatchPlan> plans,
            Registry registry, List<Registry.Entry> entries, Ties ties) {
        this.session = session;
        this.consistency = consistency;
        this.deadline = deadline;
        this.plans = plans;
        this.registry = registry;
        this.entries = entries;
        this.ties = ties;
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
     * @param deadline for what has to be asked of the process, on the scale of {@link System#nanoTime}
     * @throws RefusedException with all reasons against any of them
     */
    static List<PatchPlan> replanned(Session session, List<PatchPlan> plans, Registry registry, long deadline)
            throws IOException {
        List<PatchPlan> fresh = new ArrayList<>();
        for (PatchPlan plan : plans) {
            fresh.add(new FreshPlan(session, registry, plan, List.copyOf(fresh), deadline).make());
        }
        List<Refusal> refusals = fresh.stream().flatMap(plan -> plan.refusals().stream()).distinct().toList();
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        for (int i = 0; i < plans.size(); i++) {
            PatchPlan now = fresh.get(i);
            PatchPlan then = plans.get(i);
            if (!now.id().equals(then.id()) || !now.target().equals(then.target())
                    || now.functions().size() != then.functions().size() + then.unresolved().size()
                    || !now.leaving().equals(then.leaving())) {
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
                Loading.Recorded recorded = new Loading(session, plan, Optional.empty(), deadline).run(now, own);
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

    /** Takes all out again, unless something has changed that the next tool has to see to. */
    void abandon(Throwable failure) {
        if (leaving.isInForce()) {
            Loading.takeOut(session, registry, entries, failure);
        }
    }

    /**
     * Records that those that were to go have gone, and gives their memory back.
     *
     * @return whether all of it was given back; false where none had to go
     */
    boolean finish() {
        boolean unloaded = !leaving.ids().isEmpty()
                && leaving.finish(consistency.level() != Consistency.Level.NONE, deadline);
        for (PatchPlan plan : plans) {
            session.message("applied " + plan.id().shortForm() + " from " + plan.patch().file() + " to "
                    + plan.target() + ": " + Session.names(plan.functions()));
        }
        return unloaded;
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

    /** Whether any of them has still to be undone or completed. */
    boolean isHalfDone() {
        return session.readRegistry().halfDone().stream().map(Registry.Entry::patch).anyMatch(
                patch -> patch.ties().transaction() == ties.transaction()
                        || patch.ties().leaving() == ties.transaction());
    }

    /**
     * Undoes what {@link #commit} has done, as long as it is not decided: those that went come back into force in the same
     * stop.
     *
     * @param until when the time for threads to leave is over
     * @return whether all memory was given back
     * @throws BlockedException where threads stood in the way; they are in force as before then, and the next tool undoes it
     */
    boolean takeBack(long until) {
        Registry now = session.readRegistry();
        HalfDone.Remedy remedy = HalfDone.undoing(now, session.memory(), ties.transaction());
        List<Registry.Entry> going = remedy.states().entrySet().stream()
                .filter(entry -> entry.getValue() == State.REVERTED).map(Map.Entry::getKey).toList();
        Leaving back = new Leaving(session, now, going);
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        new Stops(session, Recovery.changes(remedy), functions(),
                CodeRanges.of(quiescent ? back.forbidden() : List.of()), consistency).untilDone(until);
        return back.finish(quiescent, until);
    }

    /** Writes how far the transaction is; in the first of its processes, and as DECIDED, that is the decision. */
    void mark(Ties.Mark mark) {
        entries.forEach(entry -> Registry.setMark(session.memory(), entry, mark));
    }

    /** Whether it has been marked; false where the process has ended. */
    boolean isMarked() {
        try {
            return session.readRegistry().unsettled().stream()
                    .anyMatch(entry -> entry.patch().ties().transaction() == ties.transaction());
        } catch (SystemCallException | TargetUnreadableException gone) {
            return false;
        }
    }

    /** Makes what is PENDING stay, once that has been decided. */
    void stay() {
        mark(Ties.Mark.DECIDED);
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
            switch (consistency.level()) {
                // A thread that would return among the bytes that change, from a call or from a signal handler, would not
                // survive it, whatever was asked for.
                case NONE, PER_THREAD -> functions.stream().filter(function -> !function.isPrepared())
                        .map(PatchSet::changing).forEach(ranges::add);
                case LIBRARY_QUIESCENT -> ranges.addAll(OldCode.of(target));
                case FUNCTION_QUIESCENT -> ranges.addAll(OldCode.of(session, registry, target, functions));
            }
        }
        return ranges;
    }

    private static CodeRanges.Range changing(FunctionRecord function) {
        return new CodeRanges.Range(function.site().plus(1), function.site().plus(function.original().length),
                function.name());
    }
}
