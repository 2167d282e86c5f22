package dev.pulpo.engine.apply;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.Originals;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.ffm.SystemCallException;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Brings one patch into a process: it is loaded, told where everything is, gets the way to it, and is recorded as PREPARED. No
 * code leads to it then. What fails on the way is undone.
 */
final class Loading {
    private final Session session;
    private final PatchPlan plan;
    private final Optional<Gates> gates;
    private final long deadline;

    /**
     * @param plan  made in this session, without refusals
     * @param gates for the functions, where threads are to change one after the other
     */
    Loading(Session session, PatchPlan plan, Optional<Gates> gates, long deadline) {
        this.session = session;
        this.plan = plan;
        this.gates = gates;
        this.deadline = deadline;
    }

    /**
     * Does it.
     *
     * @param registry as it is
     * @param ties     to patches that come into force with this one
     */
    Recorded run(Registry registry, Ties ties) throws IOException {
        StubCalls.LoadResult.Loaded loaded = load(registry);
        TrampolineBlock block = TrampolineBlock.NONE;
        try {
            LoadedObject object = loadedObject(loaded.bias());
            Detours detours = new Detours(session.object(plan.target()), plan, loaded.bias(),
                    Originals.of(object.elf()), gates);
            block = Trampolines.map(session, registry, detours.target(), detours.blockSize(), deadline);
            new ReferenceWriter(session, registry, deadline).write(plan.references(), loaded.bias());
            detours.make(block);
            detours.write(session.memory());
            return Recorded.append(session, registry,
                    new PatchRecord(PatchRecord.State.PREPARED, registry.nextSequence(),
                            Instant.now(), plan.id(), loaded.handle(), loaded.bias(), object.start(), object.end(),
                            block,
                            gates.map(Gates::mark).orElse(0), ties, RawText.of(plan.patch().file()), plan.target(),
                            plan.buildId(), plan.patch().comment(), plan.patch().dependencies(), detours.functions()),
                    deadline);
        } catch (RuntimeException | Error failed) {
            TrampolineBlock mapped = block;
            unload(session, registry, calls -> Trampolines.unload(calls, loaded.handle(), mapped), failed);
            throw failed;
        }
    }

    private StubCalls.LoadResult.Loaded load(Registry registry) throws IOException {
        ByteSource content = plan.patch().elf().source();
        StubCalls.LoadResult result = session.borrowing(registry, deadline, calls -> calls.load(plan.patch().file(),
                content, plan.patch().seenAs().orElse(plan.patch().file())));
        return switch (result) {
            case StubCalls.LoadResult.Loaded loaded -> loaded;
            case StubCalls.LoadResult.Failed failed -> throw new RefusedException(plan.pid(),
                    new Refusal.LoaderRefused(RawText.of(plan.patch().file()), failed.message()));
        };
    }

    /** What was loaded, which need not be what was asked for: the loader knows files by their names. */
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
     * Takes recorded patches out again after a failure, the newest first, unless an entry leads to one of them: then the next
     * tool sees to that.
     *
     * @param failure what stands in the way is added to it
     */
    static void takeOut(Session session, Registry registry, List<Registry.Entry> entries, Throwable failure) {
        if (!entries.stream().allMatch(entry -> isUnreached(session, entry))) {
            return;
        }
        for (Registry.Entry entry : entries.reversed()) {
            Registry.setState(session.memory(), entry, PatchRecord.State.REVERTED);
            unload(session, registry, calls -> Trampolines.unload(session, calls, entry), failure);
        }
    }

    private static void unload(Session session, Registry registry, Function<StubCalls, String> unloading,
            Throwable failure) {
        try {
            // The deadline may be what failed; giving memory back gets a second of its own.
            long extended = System.nanoTime() + Duration.ofSeconds(1).toNanos();
            String error = session.borrowing(registry, extended, unloading);
            if (!error.isEmpty()) {
                session.message("a patch that did not come into force stays loaded: " + error);
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
    private static boolean isUnreached(Session session, Registry.Entry entry) {
        try {
            return entry.patch().functions().stream().noneMatch(function -> leadsToIt(session, function));
        } catch (SystemCallException unreadable) {
            return false;
        }
    }

    private static boolean leadsToIt(Session session, FunctionRecord function) {
        byte[] found = Bytes.read(session.memory(), function.site(), function.detour().length);
        return Arrays.equals(found, function.detour()) || Arrays.equals(found, function.gate());
    }
}
