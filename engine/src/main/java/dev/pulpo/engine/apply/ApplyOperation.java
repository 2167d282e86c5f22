package dev.pulpo.engine.apply;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Loads a patch, and brings it into force in one stop. */
public final class ApplyOperation {
    private static final long LOADING_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final PatchPlan plan;
    private final Consistency consistency;
    private final Session session;
    private final PlanCheck checks;
    private final long deadline;
    private final long end;

    /**
     * @param end when the time for threads to leave is over. Who lets them leave one by one may give them no time at all;
     *            what comes before that has as much time as it needs.
     */
    private ApplyOperation(PatchPlan plan, Consistency consistency, PlanCheck checks, Session session, long end) {
        this.plan = plan;
        this.consistency = consistency;
        this.checks = checks;
        this.session = session;
        this.end = end;
        this.deadline = consistency.level() == Consistency.Level.PER_THREAD
                ? Math.max(end, System.nanoTime() + LOADING_NANOS)
                : end;
    }

    /**
     * Applies a plan.
     *
     * @param checks         made once more where the plan did not know all functions
     * @param memory         of the process
     * @param suspendSeccomp whether the filters of borrowed threads are to do nothing while they are borrowed
     */
    public static Outcome run(PatchPlan plan, Consistency consistency, PlanCheck checks, TraceeMemory memory,
            boolean suspendSeccomp) {
        long began = System.nanoTime();
        try (Session session = Session.open(plan.pid(), plan.startTime(), memory)) {
            if (suspendSeccomp) {
                session.suspendSeccomp();
            }
            return new ApplyOperation(plan, consistency, checks, session, began + consistency.timeout().toNanos())
                    .run(began);
        } catch (IOException e) {
            throw new UncheckedIOException("patch " + plan.patch().file(), e);
        }
    }

    private Outcome run(long began) throws IOException {
        Registry registry = Stale.retire(session,
                Recovery.run(session, session.registry(deadline), consistency.maxPause(), deadline), List.of());
        PatchPlan fresh = new FreshPlan(plan, session, registry, deadline).make(checks);
        boolean byThread = consistency.level() == Consistency.Level.PER_THREAD;
        if (byThread && !fresh.leaving().isEmpty()) {
            throw new RefusedException(plan.pid(), new Refusal.NotByThread(
                    "other patches are to go out of force in the same stop"));
        }
        Optional<Gates> gates = byThread ? Optional.of(gates(registry)) : Optional.empty();
        StubCalls.LoadResult.Loaded loaded = load(registry);
        TrampolineBlock block = TrampolineBlock.NONE;
        Detours detours;
        Recorded recorded;
        try {
            LoadedObject object = loadedObject(loaded.bias());
            detours = new Detours(session.object(fresh.target()), fresh, loaded.bias(),
                    Originals.of(plan.patch().elf()), gates);
            block = Trampolines.map(session, registry, detours.target(), detours.blockSize(), deadline);
            new ReferenceWriter(session, registry, deadline).write(fresh.references(), loaded.bias());
            detours.make(block);
            detours.write(session.memory());
            recorded = record(registry, fresh, loaded, object, block, gates.map(Gates::mark).orElse(0),
                    detours.functions());
        } catch (RuntimeException | Error failed) {
            TrampolineBlock mapped = block;
            unload(registry, calls -> Trampolines.unload(calls, loaded.handle(), mapped), failed);
            throw failed;
        }
        Registry.Entry entry = recorded.entry();
        Leaving leaving = new Leaving(session, recorded.registry(), recorded.registry().active().stream()
                .filter(active -> fresh.leaving().contains(active.patch().id())).toList());
        Optional<Changeover> changeover = gates
                .map(all -> new Changeover(session, recorded.registry(), entry, all.word(),
                        consistency, end));
        Optional<Stops.Done> committed;
        try {
            changeover.ifPresent(begun -> begun.begin(Transition.Direction.TO_PATCH));
            committed = byThread
                    ? Optional.empty()
                    : Optional.of(commit(recorded.registry(), fresh, entry, leaving));
        } catch (RuntimeException | Error failed) {
            if (isUnreached(entry)) {
                Registry.setState(session.memory(), entry, PatchRecord.State.REVERTED);
                unload(registry, calls -> Trampolines.unload(session.memory(), calls, entry), failed);
            }
            throw failed;
        }
        if (changeover.isPresent()) {
            return changeover.get().await();
        }
        Stops.Done done = committed.orElseThrow();
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        boolean unloaded = !fresh.leaving().isEmpty() && leaving.finish(quiescent, deadline);
        session.message(
                "applied " + plan.id().shortForm() + " from " + plan.patch().file() + " to " + plan.target() + ": "
                        + Session.names(fresh.functions()));
        return new Outcome(Outcome.Kind.APPLIED, plan.pid(), plan.id(),
                fresh.functions().stream().map(PlannedFunction::function).toList(), done.figures().threads(),
                done.figures().duration(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), Duration.ofNanos(System.nanoTime() - began), done.attempts(), done.released(),
                session.injected(), unloaded,
                leaving.ids());
    }

    /** A mark that no thread has: marks may be left in threads that could not be reached when a transition was ended. */
    private Gates gates(Registry registry) {
        int mark = 2 * ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE / 2);
        return new Gates(ThreadWord.of(session, registry, deadline), mark, registry.functionsInForce());
    }

    private StubCalls.LoadResult.Loaded load(Registry registry) {
        StubCalls.LoadResult result = session.borrowing(registry, deadline, calls -> calls.load(plan.patch().file(),
                plan.patch().seenAs().orElse(plan.patch().file())));
        return switch (result) {
            case StubCalls.LoadResult.Loaded loaded -> loaded;
            case StubCalls.LoadResult.Failed failed -> throw new RefusedException(plan.pid(),
                    new Refusal.LoaderRefused(plan.patch().file().toString(), failed.message()));
        };
    }

    /** Takes a patch out again after a failure; what stands in the way of that is added to the failure. */
    private void unload(Registry registry, Function<StubCalls, String> unloading, Throwable failure) {
        try {
            // The deadline may be what failed; giving memory back gets a second of its own.
            long extended = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            String error = session.borrowing(registry, extended, unloading);
            if (!error.isEmpty()) {
                session.message("patch " + plan.id().shortForm() + " stays loaded: " + error);
            }
        } catch (RuntimeException | Error alsoFailed) {
            if (!alsoFailed.equals(failure)) {
                failure.addSuppressed(alsoFailed);
            }
        }
    }

    /**
     * Whether no entry leads to the patch, so that it can be taken out again. Where that cannot be seen, because the process
     * has ended, there is nothing left to do either.
     */
    private boolean isUnreached(Registry.Entry entry) {
        try {
            return entry.patch().functions().stream().noneMatch(function -> {
                byte[] found = Bytes.read(session.memory(), function.site(), function.detour().length);
                return Arrays.equals(found, function.detour()) || Arrays.equals(found, function.gate());
            });
        } catch (SystemCallException unreadable) {
            return false;
        }
    }

    /**
     * A record that was written.
     *
     * @param registry where all entries are now
     */
    private record Recorded(Registry registry, Registry.Entry entry) {}

    private Recorded record(Registry registry, PatchPlan fresh, StubCalls.LoadResult.Loaded loaded,
            LoadedObject object, TrampolineBlock block, int mark, List<FunctionRecord> functions) {
        PatchRecord record = new PatchRecord(PatchRecord.State.PREPARED, registry.nextSequence(), Instant.now(),
                plan.id(),
                loaded.handle(), loaded.bias(), object.start(), object.end(), block, mark,
                plan.patch().file().toString(),
                fresh.target(), fresh.buildId(), plan.patch().comment(), plan.patch().dependencies(), functions);
        Optional<Registry.Entry> appended = registry.append(session.memory(), record);
        if (appended.isPresent()) {
            return new Recorded(registry, appended.get());
        }
        session.borrowing(registry, deadline, calls -> {
            registry.moveAndAppend(session.memory(), record, new RoomForRecords(session, registry, calls));
            return true;
        });
        Registry moved = session.readRegistry();
        return new Recorded(moved, moved.entries().getLast());
    }

    /** What was loaded, which need not be what was asked for: the loader knows files by their names. */
    private LoadedObject loadedObject(long bias) {
        LoadedObject object = session.refreshImage().objects().stream()
                .filter(candidate -> candidate.bias() == bias)
                .findFirst()
                .orElseThrow(() -> new TargetUnreadableException(plan.pid(),
                        "the patch was loaded with bias 0x" + Long.toHexString(bias) + " and is not mapped there"));
        if (!sameContent(object.elf())) {
            throw new RefusedException(plan.pid(), new Refusal.OtherFileLoaded(object.path()));
        }
        return object;
    }

    private boolean sameContent(ElfFile loaded) {
        try {
            ElfFile wanted = plan.patch().elf();
            return loaded.source().size() == wanted.source().size()
                    && loaded.source().slice(0, loaded.source().size())
                            .mismatch(wanted.source().slice(0, wanted.source().size())) == -1;
        } catch (IOException e) {
            throw new UncheckedIOException("patch " + plan.patch().file(), e);
        }
    }

    private Stops.Done commit(Registry registry, PatchPlan fresh, Registry.Entry entry, Leaving leaving) {
        List<Change> changes = new ArrayList<>(leaving.marks());
        changes.addAll(leaving.changes(entry.patch().functions().stream().map(FunctionRecord::entry)
                .collect(Collectors.toSet())));
        for (int i = 0; i < fresh.functions().size(); i++) {
            FunctionRecord function = entry.patch().functions().get(i);
            byte[] expected = HexFormat.of().parseHex(fresh.functions().get(i).expected());
            changes.add(Change.ofCode(function.name(), function.site(), expected, function.detour()));
        }
        changes.add(Changes.ofState(entry, PatchRecord.State.PREPARED, PatchRecord.State.ACTIVE));
        List<FunctionRecord> functions = new ArrayList<>(entry.patch().functions());
        functions.addAll(leaving.functions());
        return new Stops(session, changes, functions,
                CodeRanges.of(forbidden(registry, fresh, leaving, entry.patch())), consistency).untilDone(deadline);
    }

    private List<CodeRanges.Range> forbidden(Registry registry, PatchPlan fresh, Leaving leaving,
            PatchRecord patch) {
        LoadedObject target = session.object(fresh.target());
        List<CodeRanges.Range> ranges = new ArrayList<>(leaving.forbidden());
        return switch (consistency.level()) {
            // A thread that would return among the bytes that change, from a call or from a signal handler, would not
            // survive it, whatever was asked for.
            case NONE, PER_THREAD -> patch.functions().stream().filter(function -> !function.isPrepared())
                    .map(ApplyOperation::changing).toList();
            case LIBRARY_QUIESCENT -> {
                ranges.addAll(OldCode.of(target));
                yield ranges;
            }
            case FUNCTION_QUIESCENT -> {
                ranges.addAll(OldCode.of(session, registry, target, patch.functions()));
                yield ranges;
            }
        };
    }

    private static CodeRanges.Range changing(FunctionRecord function) {
        return new CodeRanges.Range(function.site().plus(1), function.site().plus(function.original().length),
                function.name());
    }
}
