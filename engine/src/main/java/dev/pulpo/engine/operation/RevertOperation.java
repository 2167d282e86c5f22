package dev.pulpo.engine.operation;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.load.PatchRemoval;
import dev.pulpo.engine.plan.PatchRelations;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.engine.transaction.RevertSelection;
import dev.pulpo.engine.transition.ThreadTransition;
import java.util.List;
import java.util.function.Supplier;

/** Takes patches out of force, in one stop or thread by thread, and unloads them if no thread can be in them. */
public final class RevertOperation {
    private RevertOperation() {}

    /**
     * Reverts patches, all or none. One that is not in force has nothing to do.
     *
     * @param ids       at least one
     * @param retention how long they stay loaded afterwards
     */
    public static Outcome run(Tracee tracee, List<PatchId> ids, Consistency consistency, Retention retention) {
        return run(tracee, consistency, retention, RevertSelection.all(ids),
                () -> notInForceAlready(tracee.pid(), ids.getFirst()));
    }

    /** The outcome for a patch that is not in force. */
    public static Outcome notInForceAlready(int pid, PatchId id) {
        return Outcome.already(Outcome.Kind.NOT_IN_FORCE_ALREADY, pid, id, List.of());
    }

    /**
     * Reverts all patches of a library.
     *
     * @param retention how long they stay loaded afterwards
     * @throws RefusedException where it has none
     */
    public static Outcome runAll(Tracee tracee, String library, Consistency consistency, Retention retention) {
        return run(tracee, consistency, retention, (registry, image) -> PatchRelations.of(registry, image, library),
                () -> {
                    throw new RefusedException(tracee.pid(), new Refusal.NoPatches(library));
                });
    }

    private static Outcome run(Tracee tracee, Consistency consistency, Retention retention,
            RevertSelection.Choice choice, Supplier<Outcome> none) {
        long began = System.nanoTime();
        try (Session session = Session.open(tracee, began + consistency.timeout().toNanos(), Warmup.begin())) {
            List<Registry.StoredRecord> records = RevertSelection.of(session, choice, consistency);
            if (records.isEmpty()) {
                return none.get();
            }
            PatchRemoval removal = new PatchRemoval(session, records, retention);
            if (consistency.level() == Consistency.Level.PER_THREAD) {
                return byThread(session, records, removal, consistency);
            }
            CommitLoop.Done done = committed(session, removal, consistency);
            return removal.outcome(done, removal.finish(consistency, session.deadline()), began);
        }
    }

    private static CommitLoop.Done committed(Session session, PatchRemoval removal, Consistency consistency) {
        try {
            removal.prepare();
            return removal.commit(0, List.of(), consistency);
        } catch (RuntimeException | Error failed) {
            session.complete();
            CallbackCalls.settleIfPossible(session);
            throw failed;
        }
    }

    private static Outcome byThread(Session session, List<Registry.StoredRecord> records, PatchRemoval removal,
            Consistency consistency) {
        if (records.size() > 1) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    records.size() + " patches are to go out of force in the same stop"));
        }
        Registry.StoredRecord record = records.getFirst();
        String patch = "patch " + record.patch().id().shortForm();
        if (!record.patch().hasGates()) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    patch + " was not applied so, and has no gates"));
        }
        if (record.patch().functions().stream()
                .anyMatch(function -> isOutdated(session.ledger().now(), record, function))) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    "what was before " + patch + " has been taken back since"));
        }
        if (record.patch().functions().stream().anyMatch(function -> !PatchRemoval.hasDetour(session, function))) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    patch + " is not what all its functions lead to"));
        }
        removal.noteRetention();
        ThreadTransition transition = new ThreadTransition(session, record, ThreadWord.of(session), consistency,
                session.deadline());
        try {
            removal.prepare();
            transition.begin(Transition.Direction.FROM_PATCH);
        } catch (RuntimeException | Error failed) {
            session.complete();
            CallbackCalls.settleIfPossible(session);
            throw failed;
        }
        try {
            return transition.await();
        } catch (OperationInterruptedException interrupted) {
            throw transition.undone(interrupted);
        }
    }

    /** Whether the gate of a function leads elsewhere than the code that comes back into force. */
    private static boolean isOutdated(Registry registry, Registry.StoredRecord record, FunctionRecord function) {
        return registry.newestWithout(List.of(record), function.entry())
                .map(other -> !other.replacement().equals(function.before()))
                .orElseGet(() -> !leadsToOwnCode(record, function));
    }

    /** Whether the gate of a function leads to its own code: after its entry, or in the trampolines. */
    private static boolean leadsToOwnCode(Registry.StoredRecord record, FunctionRecord function) {
        TrampolineBlock block = record.patch().trampolines();
        return function.isPrepared()
                ? function.before().equals(function.site().plus(function.original().length))
                : block.start().compareTo(function.before()) <= 0 && function.before().compareTo(block.end()) < 0;
    }
}
