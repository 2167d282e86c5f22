package dev.pulpo.engine.load;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.plan.Declarations;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.borrow.NamedFile;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.engine.registry.EntryState;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.engine.target.Tracee;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Loads one patch into a process: dlopen, references, trampolines, a PREPARED record. No code leads to it then. A failure
 * undoes what was done.
 */
public final class PatchLoader {
    private final Session session;
    private final PatchPlan plan;
    private final Optional<Gates> gates;

    /**
     * @param plan  made in this session, without refusals
     * @param gates for a transition by thread
     */
    public PatchLoader(Session session, PatchPlan plan, Optional<Gates> gates) {
        this.session = session;
        this.plan = plan;
        this.gates = gates;
    }

    /**
     * Loads and records the patch.
     *
     * @param link to patches that come into force with this one
     * @return the number of its record
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public long run(TransactionLink link) throws IOException {
        try (Tracee.Span loading = session.phase(Phase.LOAD)) {
            return loadAndRecord(link);
        }
    }

    private long loadAndRecord(TransactionLink link) throws IOException {
        StubCalls.LoadResult.Loaded loaded = load();
        TrampolineBlock block = TrampolineBlock.NONE;
        try {
            LoadedObject object = loadedObject(loaded.bias());
            Detours detours = new Detours(session.object(plan.target()), plan, loaded.bias(),
                    originals(object.elf()), gates, session.ledger().now().functionsInForce());
            block = TrampolineMemory.map(session, detours.target(), detours.blockSize());
            ReferenceWriter references = new ReferenceWriter(session);
            references.write(plan.references(), loaded.bias());
            Declarations declarations = Declarations.of(object.elf());
            references.write(declarations, loaded.bias());
            detours.make(block);
            detours.write(session.memory());
            long number = session.ledger().append(
                    new PatchRecord(PatchRecord.State.PREPARED, session.ledger().now().nextSequence(),
                            Instant.now(), plan.id(), loaded.handle(), loaded.bias(), object.start(), object.end(),
                            block,
                            gates.map(Gates::mark).orElse(0), link, RawText.of(plan.patch().file()), plan.target(),
                            plan.buildId(), plan.patch().comment(), plan.patch().dependencies(), detours.functions())
                            .declaring(declarations.at(loaded.bias())));
            session.tell(listener -> listener.loaded(session.pid(), plan.id(), session.borrowed()));
            return number;
        } catch (RuntimeException | Error failed) {
            TrampolineBlock mapped = block;
            session.complete();
            unload(session, calls -> TrampolineMemory.unload(calls, loaded.handle(), mapped), failed);
            throw failed;
        }
    }

    /**
     * What the patch calls of earlier versions.
     *
     * @throws RefusedException where it calls a version that may be reverted below it
     */
    private List<Originals.Original> originals(ElfFile patch) {
        List<Originals.Original> originals = Originals.of(patch);
        Set<String> previous = originals.stream().filter(Originals.Original::previous)
                .map(Originals.Original::function).collect(Collectors.toSet());
        for (PlannedFunction function : plan.functions()) {
            if (previous.contains(function.function())) {
                session.ledger().now().patchInForce(function.entry())
                        .filter(other -> !plan.patch().dependencies().contains(other.id())).ifPresent(other -> {
                            throw new RefusedException(plan.pid(), new Refusal.PlanOutdated("patch "
                                    + other.id().shortForm() + " has replaced " + function.function() + " since"));
                        });
            }
        }
        return originals;
    }

    private StubCalls.LoadResult.Loaded load() throws IOException {
        ByteSource content = plan.patch().elf().source();
        Optional<String> elsewhere = plan.patch().seenAs().map(RawText::of)
                .filter(name -> !isFound(new TargetFiles(plan.pid(), session.image().tid()), name, content));
        if (elsewhere.isPresent()) {
            throw notLoaded(elsewhere.get(), "the process does not find the patch there");
        }
        Path file = plan.patch().file();
        NamedFile named = NamedFile.of(session.image(), file, plan.patch().seenAs().orElse(file));
        StubCalls.LoadResult result = session.borrowing(calls -> calls.load(named, content));
        return switch (result) {
            case StubCalls.LoadResult.Loaded loaded -> loaded;
            case StubCalls.LoadResult.Failed failed ->
                throw notLoaded(RawText.of(plan.patch().file()), failed.message());
        };
    }

    /** Whether the process finds the patch under a name, or a copy of it, which is as good. */
    private boolean isFound(TargetFiles files, String name, ByteSource content) {
        if (files.has(plan.patch().file(), name)) {
            return true;
        }
        Optional<MappedFile> other = files.open(name);
        if (other.isEmpty()) {
            return false;
        }
        try (MappedFile copy = other.get()) {
            return copy.hasBytesOf(content);
        }
    }

    /** The refusal, which the process's log tells as well, in libpulp's words. */
    private RefusedException notLoaded(String path, String why) {
        session.message("Unable to load shared object " + path + ": " + why);
        return new RefusedException(plan.pid(), new Refusal.LoaderRefused(path, why));
    }

    /** The loaded object, if it is the requested file: the loader identifies files by name. */
    private LoadedObject loadedObject(long bias) throws IOException {
        LoadedObject object = session.refreshImage().objects().stream()
                .filter(candidate -> candidate.bias() == bias)
                .findFirst()
                .orElseThrow(() -> new TargetUnreadableException(plan.pid(),
                        "the patch was loaded with bias 0x" + Long.toHexString(bias) + " and is not mapped there"));
        if (!object.holds(plan.patch().elf().source())) {
            throw new RefusedException(plan.pid(), new Refusal.OtherFileLoaded(object.path()));
        }
        return object;
    }

    /**
     * Unloads recorded patches after a failure, newest first. If an entry leads to one of them, all stay for the next tool.
     * Those that are unloaded already stay so: their handles are the loader's to give out again. The callbacks that are due
     * are called; what one has done may lead into its patch, which then stays loaded.
     *
     * @param numbers of their records
     * @param failure receives further failures as suppressed ones
     */
    public static void rollBack(Session session, List<Long> numbers, Throwable failure) {
        session.complete();
        try {
            unloadAll(session, session.ledger().records(numbers).stream()
                    .filter(record -> record.patch().state() != PatchRecord.State.UNLOADED).toList(), failure);
        } catch (RuntimeException alsoFailed) {
            failure.addSuppressed(alsoFailed);
        }
    }

    private static void unloadAll(Session session, List<Registry.StoredRecord> records, Throwable failure) {
        if (!records.stream().allMatch(record -> isUnreached(session, record))) {
            return;
        }
        records.reversed().forEach(record -> session.ledger().setState(record, PatchRecord.State.REVERTED));
        CallbackCalls.settleIfPossible(session);
        if (records.stream().anyMatch(record -> record.patch().declared().callbacks().exist())) {
            LeftoverPatches.unload(session, Optional.empty(), System.nanoTime() + Duration.ofSeconds(1).toNanos());
        } else {
            records.reversed().forEach(record -> unload(session,
                    calls -> TrampolineMemory.unload(session, calls, record), failure));
        }
    }

    private static void unload(Session session, Function<StubCalls, String> unloading, Throwable failure) {
        try {
            // The missed deadline may be the failure, so unloading gets a second of its own.
            long extended = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            String error = session.borrowing(extended, unloading);
            if (!error.isEmpty()) {
                session.message("a patch that did not come into force stays loaded: " + error);
            }
        } catch (RuntimeException | Error alsoFailed) {
            if (!alsoFailed.equals(failure)) {
                failure.addSuppressed(alsoFailed);
            }
        }
    }

    /** Whether no entry leads to the patch. If the process has ended, there is nothing to unload either. */
    private static boolean isUnreached(Session session, Registry.StoredRecord record) {
        return record.patch().functions().stream().map(function -> EntryState.of(session.memory(), function))
                .allMatch(state -> state == EntryState.ORIGINAL || state == EntryState.OTHER);
    }
}
