package dev.pulpo.engine.transition;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.InTransitionException;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.commit.Change;
import dev.pulpo.engine.commit.Changes;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.commit.QuiescenceRanges;
import dev.pulpo.engine.load.LeftoverPatches;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.BlockerFormatter;
import dev.pulpo.engine.trace.Remedies;
import dev.pulpo.engine.trace.ThreadReport;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.ThreadGate;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The transition of one patch: threads change to it, or back from it, one by one.
 *
 * <pre>
 *   PREPARED or ACTIVE --begin--> TRANSITION --finish--> ACTIVE or REVERTED
 *                                   |    ^
 *                                   begin, the other way
 * </pre>
 *
 * <p>In the stop of {@link #begin} the record becomes TRANSITION, entries are led to gates that change nothing yet, threads
 * inside the code to leave are marked, and one store of the mode byte makes all gates lead unmarked threads to the other
 * version. In the stop of {@link #finish}, when no thread is marked any more, the entries get bytes that lead there without
 * a gate. So whenever a tool is killed, each thread runs one version of all functions, and the state reached is one to stay
 * in.
 */
public final class ThreadTransition {
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** The pause between two looks is the waiting time so far, divided by this. */
    private static final int PAUSE_DIVISOR = 50;
    private static final long LEAST_STOP_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long LEAST_UNLOAD_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Session session;
    private final Registry.StoredRecord record;
    private final PatchRecord patch;
    private final ThreadWord word;
    private final Consistency consistency;
    private final long deadline;
    private final long began = System.nanoTime();
    private final Map<Transition.Direction, CodeRanges> zones = new EnumMap<>(Transition.Direction.class);
    private Collection<Integer> remaining = List.of();
    private int attempts;
    private int released;
    private Duration stop = Duration.ZERO;
    private boolean tablesAreNew;

    /**
     * @param record   of a patch with gates
     * @param word     the thread word
     * @param deadline for threads to change, on the scale of {@link System#nanoTime}
     */
    public ThreadTransition(Session session, Registry.StoredRecord record, ThreadWord word, Consistency consistency,
            long deadline) {
        this.session = session;
        this.record = record;
        this.patch = record.patch();
        this.word = word;
        this.consistency = consistency;
        this.deadline = deadline;
    }

    /** The current direction. */
    public Transition.Direction direction() {
        return session.memory().bytes(patch.mode(), 1)[0] == ThreadGate.TO_OLD
                ? Transition.Direction.FROM_PATCH
                : Transition.Direction.TO_PATCH;
    }

    private int stayMark(Transition.Direction direction) {
        return direction == Transition.Direction.TO_PATCH ? patch.staysOld() : patch.staysNew();
    }

    /**
     * Makes all threads change in this direction that are outside of the code to leave.
     *
     * @throws BlockedException where threads blocked even that; nothing is changed
     */
    public void begin(Transition.Direction direction) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        List<Change> changes = new ArrayList<>();
        if (patch.state() != PatchRecord.State.TRANSITION) {
            changes.add(Changes.ofState(record, patch.state(), PatchRecord.State.TRANSITION));
        }
        changes.addAll(entriesTo(FunctionRecord::gate));
        changes.add(new Change(false, "the gates' byte", patch.mode(), mode(!toPatch), mode(toPatch)));
        CodeRanges overwritten = CodeRanges.of(patch.functions().stream().flatMapToLong(Changes::interior)
                .mapToObj(address -> new CodeRanges.Range(new RemoteAddress(address), new RemoteAddress(address + 1),
                        "instructions that change"))
                .toList());
        List<TransitionStart> starts = new ArrayList<>();
        CommitLoop.Done done = stopped(
                new CommitLoop(session, changes, patch.functions(), zone(direction), consistency, (arena, tables) -> {
                    StackCheck returns = new StackCheck(session.image(), session.memory(), overwritten, tables, arena);
                    starts.add(new TransitionStart(new ThreadMarks(session.memory(), word, arena), returns,
                            stayMark(direction),
                            stayMark(opposite(direction))));
                    return starts.getLast();
                }));
        note(done);
        remaining = starts.getLast().marked();
        session.message("threads change " + (toPatch ? "to " : "back from ") + patch.id().shortForm() + ": "
                + remaining.size() + " of " + done.figures().threads() + " stay behind");
    }

    /** A timeout of zero means no time for threads to change. Stopping them still takes time on a loaded machine. */
    private CommitLoop.Done stopped(CommitLoop stops) {
        long limit = Math.max(deadline, System.nanoTime() + LEAST_STOP_NANOS);
        while (true) {
            try {
                return stops.untilDone(deadline);
            } catch (TargetBusyException busy) {
                if (System.nanoTime() - limit > 0) {
                    throw busy;
                }
            }
        }
    }

    public static Transition.Direction opposite(Transition.Direction direction) {
        return direction == Transition.Direction.TO_PATCH
                ? Transition.Direction.FROM_PATCH
                : Transition.Direction.TO_PATCH;
    }

    private static byte[] mode(boolean toPatch) {
        return new byte[]{toPatch ? ThreadGate.TO_NEW : ThreadGate.TO_OLD};
    }

    private void note(CommitLoop.Done done) {
        attempts += done.attempts();
        stop = done.figures().duration().compareTo(stop) > 0 ? done.figures().duration() : stop;
        released += done.released();
    }

    /**
     * The changes of the entries. An entry leads to the gate. If a tool died just before or after the end of a transition,
     * it leads directly to the version that the gate chose for all.
     */
    private List<Change> entriesTo(Function<FunctionRecord, byte[]> wanted) {
        boolean toPatch = direction() == Transition.Direction.TO_PATCH;
        List<Change> changes = new ArrayList<>();
        for (FunctionRecord function : patch.functions()) {
            byte[] found = session.memory().bytes(function.site(), function.detour().length);
            byte[] plain = toPatch ? function.detour() : session.ledger().now().bytesWithout(record, function);
            if (!isMadeOf(found, function.gate(), plain)) {
                throw new RefusedException(session.pid(), new Refusal.UnexpectedBytes(function.name(),
                        HexFormat.of().formatHex(found), HexFormat.of().formatHex(function.gate())));
            }
            changes.add(Change.ofCode(function.name(), function.site(), found, wanted.apply(function)));
        }
        return changes;
    }

    private static boolean isMadeOf(byte[] found, byte[]... known) {
        for (int i = 0; i < found.length; i++) {
            int at = i;
            if (Arrays.stream(known).noneMatch(bytes -> bytes[at] == found[at])) {
                return false;
            }
        }
        return true;
    }

    private CodeRanges zone(Transition.Direction direction) {
        return zones.computeIfAbsent(direction, this::findZone);
    }

    /** The code that threads leave. The gates belong to it in either direction: a thread decides there. */
    private CodeRanges findZone(Transition.Direction direction) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        if (direction == Transition.Direction.TO_PATCH) {
            ranges.add(TrampolineMemory.wayTo(patch));
            ranges.addAll(QuiescenceRanges.of(session, session.object(patch.target()), patch.functions()));
        } else {
            ranges.addAll(TrampolineMemory.rangesOf(patch, session.image()));
            patch.functions().forEach(function -> ranges.add(new CodeRanges.Range(function.site(), function.entry(),
                    function.name())));
        }
        return CodeRanges.of(ranges);
    }

    /**
     * Waits until no thread remains, and finishes.
     *
     * @throws InTransitionException where some remain after the deadline
     */
    public Outcome await() {
        Transition.Direction direction = direction();
        long since = System.nanoTime();
        while (true) {
            List<Blocker> blockers = look(direction, remaining, true);
            Optional<CommitLoop.Done> done = Optional.empty();
            if (blockers.isEmpty()) {
                try {
                    done = Optional.of(finish(direction, false, System.nanoTime()));
                } catch (BlockedException blocked) {
                    blockers = blocked.blockers();
                } catch (TargetBusyException busy) {
                    blockers = busy.threads().stream().map(tid -> formatter(direction).of(tid, "it does not stop"))
                            .toList();
                }
            }
            if (done.isPresent()) {
                return outcome(direction, done.get());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new InTransitionException(session.pid(), consistency.timeout(),
                        new Transition(patch.id(), direction, blockers));
            }
            session.checkInterrupted();
            remaining = blockers.stream().map(Blocker::tid).collect(Collectors.toCollection(TreeSet::new));
            session.pause(Math.clamp((System.nanoTime() - since) / PAUSE_DIVISOR, FIRST_BACKOFF_NANOS,
                    LONGEST_BACKOFF_NANOS));
        }
    }

    /**
     * Lets threads that have changed change back, because the caller of {@link #await} wants to end.
     *
     * @return what to throw
     */
    public OperationInterruptedException undone(OperationInterruptedException interrupted) {
        session.complete();
        try {
            ThreadTransition back = new ThreadTransition(session, session.ledger().read().transition().orElseThrow(),
                    word, consistency, System.nanoTime() + LEAST_STOP_NANOS);
            back.begin(opposite(back.direction()));
            back.await();
            return interrupted;
        } catch (InTransitionException | BlockedException | TargetBusyException still) {
            OperationInterruptedException late = new OperationInterruptedException(session.pid(),
                    "threads that had changed to the other version have yet to change back");
            late.addSuppressed(still);
            return late;
        }
    }

    /** Continues another tool's transition: any thread may remain. */
    public ThreadTransition resumed() {
        remaining = ProcFs.liveThreads(session.pid());
        return this;
    }

    /** The threads that remain. Changes no thread. */
    public Transition status() {
        Transition.Direction direction = direction();
        return new Transition(patch.id(), direction,
                look(direction, ProcFs.liveThreads(session.pid()), false));
    }

    private BlockerFormatter formatter(Transition.Direction direction) {
        return new BlockerFormatter(new ThreadReport(session.image(), session.memory()), zone(direction),
                Remedies.IN_TRANSITION);
    }

    private List<Blocker> look(Transition.Direction direction, Collection<Integer> tids, boolean release) {
        if (tids.isEmpty()) {
            return List.of();
        }
        CodeRanges zone = zone(direction);
        while (true) {
            ThreadLook.Seen seen = session.onTracer(tools -> {
                try (Arena arena = Arena.ofConfined()) {
                    StackCheck check = new StackCheck(session.image(), session.memory(), zone, session.knownTables(),
                            arena);
                    return new ThreadLook(session.image(), tools, session.memory(),
                            new ThreadMarks(session.memory(), word, arena),
                            new StackSweep(check, false, arena), formatter(direction), stayMark(direction), release)
                            .at(tids);
                }
            });
            if (seen.hasUnreleased()) {
                session.renewTracer();
            }
            boolean isUnknown = seen.remaining().stream().anyMatch(Blocker.UnknownStack.class::isInstance);
            if (isUnknown && session.learnsFrames()) {
                continue;
            }
            if (!seen.needsTables() && (!isUnknown || tablesAreNew)) {
                return seen.remaining();
            }
            // An object may have been loaded since the tables were made.
            session.makeTables();
            tablesAreNew = true;
        }
    }

    /**
     * Ends the transition at once. Remaining threads change in the middle of the code to leave.
     *
     * @throws BlockedException where a thread did not stop in time; the transition continues
     */
    public Outcome force() {
        Transition.Direction direction = direction();
        return outcome(direction, finish(direction, true, deadline));
    }

    private CommitLoop.Done finish(Transition.Direction direction, boolean forced, long until) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        List<Change> changes = entriesTo(
                toPatch ? FunctionRecord::detour : function -> session.ledger().now().bytesWithout(record, function));
        changes.add(Changes.ofState(record, PatchRecord.State.TRANSITION,
                toPatch ? PatchRecord.State.ACTIVE : PatchRecord.State.REVERTED));
        CommitLoop.Done done = new CommitLoop(session, changes, patch.functions(), CodeRanges.of(List.of()),
                consistency,
                (arena, tables) -> new TransitionEnd(new ThreadMarks(session.memory(), word, arena),
                        stayMark(direction),
                        forced))
                .untilDone(until);
        session.complete();
        note(done);
        session.message((toPatch ? "all threads have changed to " : "all threads have changed back from ")
                + patch.id().shortForm() + (forced ? ", by force" : ""));
        return done;
    }

    private Outcome outcome(Transition.Direction direction, CommitLoop.Done done) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        CallbackCalls.settleAfterTheChange(session);
        boolean unloaded = !toPatch && unload();
        List<PatchId> reverted = toPatch ? List.of() : List.of(patch.id());
        return new Outcome(toPatch ? Outcome.Kind.APPLIED : Outcome.Kind.REVERTED, session.pid(), patch.id(),
                patch.functions().stream().map(FunctionRecord::name).toList(), done.figures().threads(), stop,
                session.pause(), done.figures().scheduling().name(), session.longestStop(), session.borrowed(),
                Duration.ofNanos(System.nanoTime() - began), attempts, released, session.injected(), unloaded,
                reverted, session.held(reverted));
    }

    /**
     * Unloads a patch that is out of force now, if no thread is in it.
     *
     * @return whether it is unloaded
     */
    private boolean unload() {
        LeftoverPatches.unload(session, consistency.maxPause(),
                Math.max(deadline, System.nanoTime() + LEAST_UNLOAD_NANOS));
        return session.ledger().read().records().stream().noneMatch(other -> other.equals(record)
                && other.patch().state() != PatchRecord.State.UNLOADED);
    }
}
