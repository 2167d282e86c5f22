package dev.pulpo.engine.load;

import dev.pulpo.engine.recovery.CallbackCalls;
import java.time.Duration;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.commit.Change;
import dev.pulpo.engine.commit.Changes;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.registry.EntryState;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Patches that commit out of force in one stop, alone or while another comes into force.
 *
 * <p>Before the stop each record is given the number of its transaction. Within the stop the records become REVERTING,
 * before any code changes; after it REVERTED. So if the tool dies, the next tool takes back all of them, or none.
 */
public final class PatchRemoval {
    private final Session session;
    private final List<Registry.StoredRecord> records;
    private final Retention retention;

    /**
     * @param records   active ones, oldest first
     * @param retention how long they stay loaded afterwards
     */
    public PatchRemoval(Session session, List<Registry.StoredRecord> records, Retention retention) {
        this.session = session;
        this.records = List.copyOf(records);
        this.retention = retention;
    }

    /**
     * Calls the callbacks that come before a revert. If it does not come about, {@link CallbackCalls#settle} calls their
     * counterparts.
     */
    public void prepare() {
        CallbackCalls.beforeRevert(session, records);
    }

    /** Their ids, newest first. */
    public List<PatchId> ids() {
        return records.reversed().stream().map(record -> record.patch().id()).toList();
    }

    /**
     * Writes into each record which transaction removes it, and how long it stays loaded. To be called before the stop: the next tool must see all of them
     * even if this tool is killed between two changes of state.
     *
     * @param transaction of the patches that replace them; 0 for none
     */
    public void noteTransaction(long transaction) {
        long number = transaction != 0 || records.size() < 2 ? transaction : TransactionLink.newNumber();
        for (Registry.StoredRecord record : records) {
            if (record.patch().link().removedBy() != number) {
                session.ledger().setRemovedBy(record, number);
            }
        }
        noteRetention();
    }

    /** Writes into each record how long it stays loaded. To be called before the stop: the next tool obeys it as well. */
    public void noteRetention() {
        for (Registry.StoredRecord record : records) {
            if (record.patch().retention() != retention) {
                session.ledger().setRetention(record, retention);
            }
        }
    }

    /**
     * Puts the patches out of force, in one stop.
     *
     * @param transaction see {@link #noteTransaction}
     * @param last        further changes, written after all others
     */
    public CommitLoop.Done commit(long transaction, List<Change> last, Consistency consistency) {
        noteTransaction(transaction);
        List<Change> changes = new ArrayList<>(toReverting());
        changes.addAll(changes(Set.of()));
        changes.addAll(last);
        CodeRanges forbidden = CodeRanges.of(consistency.level() == Consistency.Level.NONE ? List.of() : forbidden());
        CommitLoop.Done done = new CommitLoop(session, changes, functions(), forbidden, consistency)
                .untilDone(session.deadline());
        session.complete();
        return done;
    }

    /** Whether all records are still ACTIVE; false where they cannot be read. */
    public boolean isInForce() {
        try {
            return records.isEmpty() || session.ledger().read().active().stream().map(Registry.StoredRecord::number)
                    .collect(Collectors.toSet())
                    .containsAll(records.stream().map(Registry.StoredRecord::number).toList());
        } catch (SystemCallException | TargetUnreadableException unreadable) {
            return false;
        }
    }

    /** The changes to REVERTING, to be written before all others. */
    public List<Change> toReverting() {
        return records.stream()
                .map(record -> Changes.ofState(record, PatchRecord.State.ACTIVE, PatchRecord.State.REVERTING)).toList();
    }

    /**
     * The changes that restore each function to the newest remaining patch, or to its original.
     *
     * @param taken entries of functions that other patches change in the same stop
     */
    public List<Change> changes(Set<RemoteAddress> taken) {
        Registry registry = session.ledger().now();
        Map<RemoteAddress, FunctionRecord> inForce = registry.functionsInForce();
        List<Change> changes = new ArrayList<>();
        for (FunctionRecord function : functions()) {
            if (!taken.contains(function.entry())
                    && Optional.ofNullable(inForce.get(function.entry())).filter(function::equals).isPresent()
                    && hasDetour(session, function)) {
                changes.add(Change.ofCode(function.name(), function.site(), function.detour(),
                        registry.bytesWithout(records, function)));
            }
        }
        return changes;
    }

    public List<FunctionRecord> functions() {
        return records.stream().flatMap(record -> record.patch().functions().stream()).toList();
    }

    /** The code in which no thread may be: the patches, and the paths from entries to them. */
    public List<CodeRanges.Range> forbidden() {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        for (Registry.StoredRecord record : records) {
            PatchRecord patch = record.patch();
            ranges.addAll(TrampolineMemory.rangesOf(patch, session.image()));
            for (FunctionRecord function : patch.functions()) {
                ranges.add(new CodeRanges.Range(function.site(), function.entry(), function.name()));
            }
        }
        return ranges;
    }

    /** Whether the detour is in place; it is not if the library was unloaded, or loaded again. */
    public static boolean hasDetour(Session session, FunctionRecord function) {
        return session.isCode(function) && EntryState.of(session.memory(), function) == EntryState.DETOUR;
    }

    /**
     * Makes the records REVERTED, calls the callbacks that are due, also of patches that have come into force, and unloads the patches, and leftover patches, if nothing can lead into them.
     *
     * @param consistency none waits for no thread, and then threads are in them
     * @param until       deadline for borrowing a thread, on the scale of {@link System#nanoTime}
     * @return whether all memory of these patches was unmapped
     */
    public boolean finish(Consistency consistency, long until) {
        records.forEach(record -> session.ledger().setState(record, PatchRecord.State.REVERTED));
        CallbackCalls.settleAfterTheChange(session);
        if (consistency.level() != Consistency.Level.NONE) {
            LeftoverPatches.unload(session, consistency.maxPause(), until);
        }
        List<Long> loaded = session.ledger().now().in(PatchRecord.State.REVERTED).stream()
                .map(Registry.StoredRecord::number).toList();
        boolean unloaded = records.stream().map(Registry.StoredRecord::number).noneMatch(loaded::contains);
        for (Registry.StoredRecord record : records) {
            session.message("reverted " + record.patch().id().shortForm()
                    + (unloaded ? ", unloaded " : ", still loaded: ") + record.patch().file());
        }
        return unloaded;
    }

    /**
     * The outcome of the removal.
     *
     * @param done     result of {@link #commit}
     * @param unloaded result of {@link #finish}
     * @param began    start of the operation, on the scale of {@link System#nanoTime}
     */
    public Outcome outcome(CommitLoop.Done done, boolean unloaded, long began) {
        return new Outcome(Outcome.Kind.REVERTED, session.pid(), ids().getFirst(),
                functions().stream().map(FunctionRecord::name).distinct().toList(), done.figures().threads(),
                done.figures().duration(), session.pause(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), Duration.ofNanos(System.nanoTime() - began), done.attempts(), done.released(),
                false, unloaded, ids(), session.held(ids()));
    }
}
