package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.InTransitionException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.ThreadGate;
import dev.pulpo.engine.trace.Remedies;
import dev.pulpo.engine.trace.ThreadReport;
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
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * A patch to which the threads of a process change one after the other, or from which they change back:
 *
 * <pre>
 *   PREPARED or ACTIVE --begin--> TRANSITION --finish--> ACTIVE or REVERTED
 *                                   |    ^
 *                                   begin, the other way
 * </pre>
 *
 * In the stop of {@link #begin} the record becomes TRANSITION, entries are led to gates that change nothing yet, threads
 * inside the code that is to be left are marked, and one store of one byte makes all gates lead all other threads to the
 * other side. In that of {@link #finish}, when no thread is marked any more, the entries get the bytes that lead everybody
 * there without a gate. So at whatever instant a tool is killed, a thread runs one version of all functions, and what has
 * been reached is a state to stay in.
 */
final class Changeover {
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Threads are looked at more seldom the longer they have not left. */
    private static final int LOOKS = 50;
    private static final long STOPPING_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long UNLOADING_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Session session;
    private final Registry registry;
    private final Registry.Entry entry;
    private final PatchRecord patch;
    private final ThreadWord word;
    private final Consistency consistency;
    private final long deadline;
    private final long began = System.nanoTime();
    private final Map<Transition.Direction, CodeRanges> zones = new EnumMap<>(Transition.Direction.class);
    private Collection<Integer> behind = List.of();
    private int attempts;
    private int released;
    private Duration stop = Duration.ZERO;
    private boolean tablesAreNew;

    /**
     * @param registry as it is, with the entry or without
     * @param entry    a patch with gates
     * @param word     of the threads
     */
    Changeover(Session session, Registry registry, Registry.Entry entry, ThreadWord word,
            Consistency consistency, long deadline) {
        this.session = session;
        this.registry = registry;
        this.entry = entry;
        this.patch = entry.patch();
        this.word = word;
        this.consistency = consistency;
        this.deadline = deadline;
    }

    /** Which way threads change now. */
    Transition.Direction direction() {
        return Bytes.read(session.memory(), patch.mode(), 1)[0] == ThreadGate.TO_OLD
                ? Transition.Direction.FROM_PATCH
                : Transition.Direction.TO_PATCH;
    }

    private int stays(Transition.Direction direction) {
        return direction == Transition.Direction.TO_PATCH ? patch.staysOld() : patch.staysNew();
    }

    /**
     * Makes all threads go this way that are not inside the code that they would leave.
     *
     * @throws BlockedException where threads stood in the way even of that; nothing is changed then
     */
    void begin(Transition.Direction direction) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        List<Change> changes = new ArrayList<>();
        if (patch.state() != PatchRecord.State.TRANSITION) {
            changes.add(Changes.ofState(entry, patch.state(), PatchRecord.State.TRANSITION));
        }
        changes.addAll(entriesTo(FunctionRecord::gate));
        changes.add(new Change(false, "the gates' byte", patch.mode(), mode(!toPatch), mode(toPatch)));
        CodeRanges overwritten = CodeRanges.of(patch.functions().stream().flatMapToLong(Changes::interior)
                .mapToObj(address -> new CodeRanges.Range(new RemoteAddress(address), new RemoteAddress(address + 1),
                        "instructions that change"))
                .toList());
        List<Marking> markings = new ArrayList<>();
        Stops.Done done = stopped(
                new Stops(session, changes, patch.functions(), zone(direction), consistency, (arena, tables) -> {
                    StackCheck returns = new StackCheck(session.image(), session.memory(), overwritten, tables, arena);
                    markings.add(new Marking(new ThreadMarks(session.memory(), word, arena), returns, stays(direction),
                            stays(opposite(direction))));
                    return markings.getLast();
                }));
        note(done);
        behind = markings.getLast().marked();
        session.message("threads change " + (toPatch ? "to " : "back from ") + patch.id().shortForm() + ": "
                + behind.size() + " of " + done.figures().threads() + " stay behind");
    }

    /** Who gives threads no time to leave still wants them to be stopped, which takes its time on a crowded machine. */
    private Stops.Done stopped(Stops stops) {
        long patience = Math.max(deadline, System.nanoTime() + STOPPING_NANOS);
        while (true) {
            try {
                return stops.untilDone(deadline);
            } catch (TargetBusyException busy) {
                if (System.nanoTime() - patience > 0) {
                    throw busy;
                }
            }
        }
    }

    static Transition.Direction opposite(Transition.Direction direction) {
        return direction == Transition.Direction.TO_PATCH
                ? Transition.Direction.FROM_PATCH
                : Transition.Direction.TO_PATCH;
    }

    private static byte[] mode(boolean toPatch) {
        return new byte[]{toPatch ? ThreadGate.TO_NEW : ThreadGate.TO_OLD};
    }

    private void note(Stops.Done done) {
        attempts += done.attempts();
        stop = done.figures().duration().compareTo(stop) > 0 ? done.figures().duration() : stop;
        released += done.released();
    }

    /**
     * What makes each entry so. It leads to the gate, or, where a tool has died while it was about to or had just ended that,
     * to where the gate leads all.
     */
    private List<Change> entriesTo(Function<FunctionRecord, byte[]> wanted) {
        boolean toPatch = direction() == Transition.Direction.TO_PATCH;
        List<Change> changes = new ArrayList<>();
        for (FunctionRecord function : patch.functions()) {
            byte[] found = Bytes.read(session.memory(), function.site(), function.detour().length);
            byte[] plain = toPatch ? function.detour() : registry.bytesWithout(entry, function);
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

    /** The code that threads are to leave. Where they decide which way to go is a part of it, whichever way that is. */
    private CodeRanges findZone(Transition.Direction direction) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        if (direction == Transition.Direction.TO_PATCH) {
            ranges.add(Trampolines.wayTo(patch));
            ranges.addAll(OldCode.of(session, registry, session.object(patch.target()), patch.functions()));
        } else {
            ranges.addAll(Trampolines.rangesOf(patch, session.image()));
            patch.functions().forEach(function -> ranges.add(new CodeRanges.Range(function.site(), function.entry(),
                    function.name())));
        }
        return CodeRanges.of(ranges);
    }

    /**
     * Waits until no thread is behind, and finishes.
     *
     * @throws InTransitionException where some still are when the time is over
     */
    Outcome await() {
        Transition.Direction direction = direction();
        long since = System.nanoTime();
        while (true) {
            List<Blocker> blockers = look(direction, behind, true);
            Optional<Stops.Done> done = Optional.empty();
            if (blockers.isEmpty()) {
                try {
                    done = Optional.of(finish(direction, false, System.nanoTime()));
                } catch (BlockedException blocked) {
                    blockers = blocked.blockers();
                } catch (TargetBusyException busy) {
                    blockers = busy.threads().stream().map(tid -> words(direction).of(tid, "it does not stop"))
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
            behind = blockers.stream().map(Blocker::tid).collect(Collectors.toCollection(TreeSet::new));
            LockSupport.parkNanos(Math.clamp((System.nanoTime() - since) / LOOKS, FIRST_BACKOFF_NANOS,
                    LONGEST_BACKOFF_NANOS));
        }
    }

    /** Takes up what another tool has begun: any thread may be behind. */
    Changeover resumed() {
        behind = ProcFs.liveThreads(session.pid());
        return this;
    }

    /** Who is behind; no thread is changed by that. */
    Transition status() {
        Transition.Direction direction = direction();
        return new Transition(patch.id(), direction,
                look(direction, ProcFs.liveThreads(session.pid()), false));
    }

    private BlockerWords words(Transition.Direction direction) {
        return new BlockerWords(new ThreadReport(session.image(), session.memory()), zone(direction),
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
                            new StackSweep(check, false, arena), words(direction), stays(direction), release).at(tids);
                }
            });
            if (seen.holdsOn()) {
                session.renewTracer();
            }
            boolean isUnknown = seen.behind().stream().anyMatch(Blocker.UnknownStack.class::isInstance);
            if (isUnknown && session.learnsFrames()) {
                continue;
            }
            if (!seen.needsTables() && (!isUnknown || tablesAreNew)) {
                return seen.behind();
            }
            // Something may have been loaded since the tables were made, if they were.
            session.makeTables();
            tablesAreNew = true;
        }
    }

    /**
     * Ends the change, whoever is behind: those threads change in the middle of the code that they should have left.
     *
     * @throws BlockedException where a thread could not be stopped in time; the change goes on then
     */
    Outcome force() {
        Transition.Direction direction = direction();
        return outcome(direction, finish(direction, true, deadline));
    }

    private Stops.Done finish(Transition.Direction direction, boolean forced, long until) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        List<Change> changes = entriesTo(
                toPatch ? FunctionRecord::detour : function -> registry.bytesWithout(entry, function));
        changes.add(Changes.ofState(entry, PatchRecord.State.TRANSITION,
                toPatch ? PatchRecord.State.ACTIVE : PatchRecord.State.REVERTED));
        Stops.Done done = new Stops(session, changes, patch.functions(), CodeRanges.of(List.of()), consistency,
                (arena, tables) -> new NobodyBehind(new ThreadMarks(session.memory(), word, arena), stays(direction),
                        forced))
                .untilDone(until);
        note(done);
        session.message((toPatch ? "all threads have changed to " : "all threads have changed back from ")
                + patch.id().shortForm() + (forced ? ", by force" : ""));
        return done;
    }

    private Outcome outcome(Transition.Direction direction, Stops.Done done) {
        boolean toPatch = direction == Transition.Direction.TO_PATCH;
        boolean unloaded = !toPatch && isUnloaded();
        List<PatchId> reverted = toPatch ? List.of() : List.of(patch.id());
        return new Outcome(toPatch ? Outcome.Kind.APPLIED : Outcome.Kind.REVERTED, session.pid(), patch.id(),
                patch.functions().stream().map(FunctionRecord::name).toList(), done.figures().threads(), stop,
                done.figures().scheduling().name(), session.longestStop(), session.borrowed(),
                Duration.ofNanos(System.nanoTime() - began), attempts, released, session.injected(), unloaded,
                reverted);
    }

    /** Gives the memory of a patch back that is out of force now, if no thread is in it, and says whether it is. */
    private boolean isUnloaded() {
        Leftovers.unload(session, session.readRegistry(), consistency.maxPause(),
                Math.max(deadline, System.nanoTime() + UNLOADING_NANOS));
        return session.readRegistry().entries().stream().noneMatch(other -> other.address().equals(entry.address())
                && other.patch().state() != PatchRecord.State.UNLOADED);
    }
}
