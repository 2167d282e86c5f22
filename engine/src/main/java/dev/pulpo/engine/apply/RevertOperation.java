package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Takes a patch out of force in one stop, and its memory back where no thread can be in it. */
public final class RevertOperation {
    private final PatchId id;
    private final Consistency consistency;
    private final Session session;
    private final long deadline;

    private RevertOperation(PatchId id, Consistency consistency, Session session, long deadline) {
        this.id = id;
        this.consistency = consistency;
        this.session = session;
        this.deadline = deadline;
    }

    /**
     * Reverts a patch.
     *
     * @param memory of the process
     */
    public static Outcome run(int pid, long startTime, PatchId id, Consistency consistency, TraceeMemory memory) {
        long began = System.nanoTime();
        try (Session session = Session.open(pid, startTime, memory)) {
            return new RevertOperation(id, consistency, session, began + consistency.timeout().toNanos()).run(began);
        }
    }

    private Outcome run(long began) {
        if (session.image().stub().isEmpty()) {
            throw notApplied();
        }
        Registry registry = Recovery.run(session, session.readRegistry(), deadline);
        Registry.Entry entry = registry.active().reversed().stream()
                .filter(candidate -> candidate.patch().id().equals(id))
                .findFirst()
                .orElseThrow(this::notApplied);
        Stops.Done done = commit(registry, entry);
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        boolean unloaded = quiescent && unload(registry, entry);
        if (quiescent) {
            Leftovers.unload(session, registry, deadline);
        }
        session.message("reverted " + id.shortForm() + (unloaded ? ", unloaded " : ", still loaded: ")
                + entry.patch().file());
        return new Outcome(Outcome.Kind.REVERTED, session.pid(), id,
                entry.patch().functions().stream().map(FunctionRecord::name).toList(), done.result().threads(),
                done.result().stop(), done.result().scheduling().name(), session.borrowed(),
                Duration.ofNanos(System.nanoTime() - began), done.attempts(), false, unloaded);
    }

    private RefusedException notApplied() {
        return new RefusedException(session.pid(), new Refusal.NotApplied(id.shortForm()));
    }

    private Stops.Done commit(Registry registry, Registry.Entry entry) {
        List<Change> changes = new ArrayList<>();
        for (FunctionRecord function : entry.patch().functions()) {
            if (registry.isNewest(entry, function) && isInForce(function)) {
                changes.add(new Change(function.name(), function.site(), function.detour(),
                        registry.bytesWithout(entry, function)));
            }
        }
        changes.add(Changes.ofState(entry, PatchRecord.State.REVERTING, PatchRecord.State.REVERTED));
        Registry.setState(session.memory(), entry, PatchRecord.State.REVERTING);
        try {
            return new Stops(session, changes, entry.patch().functions(), forbidden(entry.patch()))
                    .untilDone(consistency.timeout(), deadline);
        } catch (RuntimeException failed) {
            restore(entry, failed);
            throw failed;
        }
    }

    /** Nothing was changed, so the patch is in force as before; a process that has ended has no record to change. */
    private void restore(Registry.Entry entry, RuntimeException failure) {
        try {
            Registry.setState(session.memory(), entry, PatchRecord.State.ACTIVE);
        } catch (SystemCallException gone) {
            failure.addSuppressed(gone);
        }
    }

    /** Whether the detour stands; it does not in a library that was closed, or closed and opened again. */
    private boolean isInForce(FunctionRecord function) {
        try {
            return Arrays.equals(Bytes.read(session.memory(), function.site(), function.detour().length),
                    function.detour());
        } catch (SystemCallException unmapped) {
            return false;
        }
    }

    /** No thread may be in the patch, nor between the entry of a function and the patch. */
    private CodeRanges forbidden(PatchRecord patch) {
        if (consistency.level() == Consistency.Level.NONE) {
            return CodeRanges.of(List.of());
        }
        List<CodeRanges.Range> ranges = new ArrayList<>();
        ranges.addAll(Trampolines.rangesOf(patch));
        for (FunctionRecord function : patch.functions()) {
            ranges.add(new CodeRanges.Range(function.site(), function.entry(), function.name()));
        }
        return CodeRanges.of(ranges);
    }

    private boolean unload(Registry registry, Registry.Entry entry) {
        try {
            String error = session.borrowing(registry, deadline, calls -> Trampolines.unload(calls, entry.patch()));
            if (error.isEmpty()) {
                Registry.setState(session.memory(), entry, PatchRecord.State.UNLOADED);
            }
            return error.isEmpty();
        } catch (BlockedException | BorrowedCallException stillLoaded) {
            // The patch is out of force, which was asked for; that its memory stays is part of the outcome.
            session.message("patch " + id.shortForm() + " could not be unloaded: " + stillLoaded.getMessage());
            return false;
        }
    }
}
