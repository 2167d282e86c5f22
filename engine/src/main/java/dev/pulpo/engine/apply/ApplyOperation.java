package dev.pulpo.engine.apply;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.Mapping;
import dev.pulpo.engine.plan.FunctionParts;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.ffm.RemoteAddress;
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
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Loads a patch, and brings it into force in one stop. */
public final class ApplyOperation {
    private final PatchPlan plan;
    private final Consistency consistency;
    private final Session session;
    private final long deadline;

    private ApplyOperation(PatchPlan plan, Consistency consistency, Session session, long deadline) {
        this.plan = plan;
        this.consistency = consistency;
        this.session = session;
        this.deadline = deadline;
    }

    /**
     * Applies a plan.
     *
     * @param memory         of the process
     * @param suspendSeccomp whether the filters of borrowed threads are to do nothing while they are borrowed
     */
    public static Outcome run(PatchPlan plan, Consistency consistency, TraceeMemory memory, boolean suspendSeccomp) {
        long began = System.nanoTime();
        try (Session session = Session.open(plan.pid(), plan.startTime(), memory)) {
            if (suspendSeccomp) {
                session.suspendSeccomp();
            }
            return new ApplyOperation(plan, consistency, session, began + consistency.timeout().toNanos()).run(began);
        } catch (IOException e) {
            throw new UncheckedIOException("patch " + plan.patch().file(), e);
        }
    }

    private Outcome run(long began) throws IOException {
        Registry registry = Stale.retire(session,
                Recovery.run(session, session.registry(deadline), consistency.maxPause(), deadline), List.of());
        PatchPlan fresh = new Planner(session.image(), session.memory(), Optional.of(registry))
                .plan(plan.patch(), plan.instead());
        if (!fresh.isApplicable()) {
            throw new RefusedException(plan.pid(), fresh.refusals());
        }
        if (!fresh.id().equals(plan.id()) || !fresh.target().equals(plan.target())
                || fresh.functions().size() != plan.functions().size() || !fresh.leaving().equals(plan.leaving())) {
            throw new RefusedException(plan.pid(), new Refusal.PlanOutdated("the patch or its target has changed"));
        }
        StubCalls.LoadResult.Loaded loaded = load(registry);
        TrampolineBlock block = TrampolineBlock.NONE;
        Detours detours;
        Recorded recorded;
        try {
            LoadedObject object = loadedObject(loaded.bias());
            detours = new Detours(session.object(fresh.target()), fresh, loaded.bias(),
                    Originals.of(plan.patch().elf()));
            block = Trampolines.map(session, registry, detours.target(), detours.blockSize(), deadline);
            new ReferenceWriter(session, registry, deadline).write(fresh.references(), loaded.bias());
            detours.make(block);
            detours.write(session.memory());
            recorded = record(registry, fresh, loaded, object, block, detours.functions());
        } catch (RuntimeException | Error failed) {
            TrampolineBlock mapped = block;
            unload(registry, calls -> Trampolines.unload(calls, loaded.handle(), mapped), failed);
            throw failed;
        }
        Registry.Entry entry = recorded.entry();
        Leaving leaving = new Leaving(session, recorded.registry(), recorded.registry().active().stream()
                .filter(active -> fresh.leaving().contains(active.patch().id())).toList());
        Stops.Done done;
        try {
            done = commit(recorded.registry(), fresh, entry, leaving, detours);
        } catch (RuntimeException | Error failed) {
            if (isUnreached(entry)) {
                Registry.setState(session.memory(), entry, PatchRecord.State.REVERTED);
                unload(registry, calls -> Trampolines.unload(session.memory(), calls, entry), failed);
            }
            throw failed;
        }
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        boolean unloaded = !fresh.leaving().isEmpty() && leaving.finish(quiescent, deadline);
        session.message(
                "applied " + plan.id().shortForm() + " from " + plan.patch().file() + " to " + plan.target() + ": "
                        + Session.names(plan.functions()));
        return new Outcome(Outcome.Kind.APPLIED, plan.pid(), plan.id(),
                plan.functions().stream().map(PlannedFunction::function).toList(), done.figures().threads(),
                done.figures().duration(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), Duration.ofNanos(System.nanoTime() - began), done.attempts(), done.released(),
                session.injected(), unloaded,
                leaving.ids());
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
            return entry.patch().functions().stream().noneMatch(function -> Arrays.equals(
                    Bytes.read(session.memory(), function.site(), function.detour().length), function.detour()));
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
            LoadedObject object, TrampolineBlock block, List<FunctionRecord> functions) {
        PatchRecord record = new PatchRecord(PatchRecord.State.PREPARED, registry.nextSequence(), Instant.now(),
                plan.id(),
                loaded.handle(), loaded.bias(), object.start(), object.end(), block, plan.patch().file().toString(),
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

    private Stops.Done commit(Registry registry, PatchPlan fresh, Registry.Entry entry, Leaving leaving,
            Detours detours) {
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
        return new Stops(session, changes, functions, CodeRanges.of(forbidden(registry, fresh, leaving, detours)),
                consistency).untilDone(deadline);
    }

    private List<CodeRanges.Range> forbidden(Registry registry, PatchPlan fresh, Leaving leaving, Detours detours) {
        LoadedObject target = session.object(fresh.target());
        List<CodeRanges.Range> ranges = new ArrayList<>(leaving.forbidden());
        return switch (consistency.level()) {
            // A thread that would return among the bytes that change, from a call or from a signal handler, would not
            // survive it, whatever was asked for.
            case NONE -> detours.functions().stream().filter(function -> !function.isPrepared())
                    .map(ApplyOperation::changing).toList();
            case LIBRARY_QUIESCENT -> {
                ranges.addAll(codeOf(target));
                yield ranges;
            }
            case FUNCTION_QUIESCENT -> {
                FunctionParts parts = new FunctionParts(session.image(), target);
                for (PlannedFunction function : fresh.functions()) {
                    addFunction(ranges, target, parts, function);
                }
                addReplaced(ranges, registry, fresh);
                yield ranges;
            }
        };
    }

    /** The patches whose functions are replaced, as those functions are now. */
    private static void addReplaced(List<CodeRanges.Range> ranges, Registry registry, PatchPlan fresh) {
        Set<RemoteAddress> entries = fresh.functions().stream().map(PlannedFunction::entry).collect(Collectors.toSet());
        for (Registry.Entry active : registry.active()) {
            PatchRecord patch = active.patch();
            patch.functions().stream()
                    .filter(function -> entries.contains(function.entry())
                            && registry.inForce(function.entry()).filter(function::equals).isPresent())
                    .findFirst()
                    .ifPresent(function -> ranges.add(new CodeRanges.Range(patch.start(), patch.end(),
                            "the patched version of " + function.name())));
        }
    }

    private static List<CodeRanges.Range> codeOf(LoadedObject object) {
        return object.mappings().stream().filter(Mapping::isExecutable)
                .map(mapping -> new CodeRanges.Range(mapping.start(), mapping.end(), object.fileName()))
                .toList();
    }

    private static CodeRanges.Range changing(FunctionRecord function) {
        return new CodeRanges.Range(function.site().plus(1), function.site().plus(function.original().length),
                function.name());
    }

    /**
     * All of a function but its first byte, where a thread has not begun it yet; its padding, where one is on its way to the
     * patched version; and the parts that the compiler has moved away as unlikely. Where the size is not known it is the
     * whole object.
     */
    private static void addFunction(List<CodeRanges.Range> ranges, LoadedObject target, FunctionParts parts,
            PlannedFunction function) {
        if (function.size() == 0) {
            ranges.addAll(codeOf(target));
            return;
        }
        ranges.add(new CodeRanges.Range(function.site(), function.entry(), function.function()));
        ranges.add(new CodeRanges.Range(function.entry().plus(1), function.entry().plus(function.size()),
                function.function()));
        ranges.addAll(parts.of(function.entry(), function.size(), function.function()));
    }
}
