package dev.pulpo.engine.transaction;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.commit.QuiescenceRanges;
import dev.pulpo.engine.load.PatchRemoval;
import dev.pulpo.engine.recovery.Recovery;
import dev.pulpo.engine.recovery.RecoveryRules;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import dev.pulpo.ffm.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** The records of a transaction in one process; undoes its work while it is undecided. */
public final class TransactionRecords {
    private final Session session;
    private final Consistency consistency;
    private final TransactionLink link;
    private final List<Registry.StoredRecord> records;

    /** @param records with the number of the transaction */
    TransactionRecords(Session session, Consistency consistency, TransactionLink link,
            List<Registry.StoredRecord> records) {
        this.session = session;
        this.consistency = consistency;
        this.link = link;
        this.records = records;
    }

    /** Whether anything remains to be undone or completed. */
    public boolean isHalfDone() {
        return session.ledger().read().halfDone().stream().map(Registry.StoredRecord::patch).anyMatch(
                patch -> patch.link().transaction() == link.transaction()
                        || patch.link().removedBy() == link.transaction());
    }

    /** Writes the commit mark. DECIDED in the first process is the decision. */
    public void mark(TransactionLink.Mark mark) {
        records.forEach(record -> session.ledger().setMark(record, mark));
    }

    /** Whether the mark is written; false where the process has ended. */
    public boolean isMarked() {
        try {
            return session.ledger().read().unsettled().stream()
                    .anyMatch(record -> record.patch().link().transaction() == link.transaction());
        } catch (SystemCallException | TargetUnreadableException gone) {
            return false;
        }
    }

    /**
     * Undoes the work of an undecided transaction in one stop: new patches go out of force, removed ones come back.
     *
     * @param until deadline for threads to leave
     * @return whether all memory of the new patches was unmapped
     * @throws BlockedException where threads blocked that; nothing is changed, and the next tool undoes it
     */
    public boolean takeBack(long until) {
        session.complete();
        Registry now = session.ledger().read();
        RecoveryRules.Remedy remedy = RecoveryRules.undoing(now, session.memory(), link.transaction());
        PatchRemoval removed = new PatchRemoval(session, in(remedy, State.REVERTED),
                Retention.WHILE_REACHABLE);
        List<Registry.StoredRecord> returning = in(remedy, State.ACTIVE);
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        List<CodeRanges.Range> forbidden = new ArrayList<>(quiescent ? removed.forbidden() : List.of());
        returning.forEach(record -> forbidden.addAll(replacedBy(record, remedy)));
        new CommitLoop(session, Recovery.changes(session, remedy), functions(remedy), CodeRanges.of(forbidden),
                consistency)
                .untilDone(until);
        returning.forEach(record -> session.message("patch " + record.patch().id().shortForm()
                + " stays in force, because of another process"));
        if (removed.ids().isEmpty()) {
            CallbackCalls.settleIfPossible(session);
            return true;
        }
        return removed.finish(consistency, until);
    }

    /** The code that a returning patch replaces. */
    private List<CodeRanges.Range> replacedBy(Registry.StoredRecord record, RecoveryRules.Remedy remedy) {
        Set<FunctionRecord> changing = remedy.code().stream().map(RecoveryRules.Undo::function)
                .collect(Collectors.toSet());
        List<FunctionRecord> functions = record.patch().functions().stream().filter(changing::contains).toList();
        return functions.isEmpty()
                ? List.of()
                : QuiescenceRanges.of(consistency.level(), session, session.object(record.patch().target()),
                        functions);
    }

    private static List<Registry.StoredRecord> in(RecoveryRules.Remedy remedy, State state) {
        return remedy.states().entrySet().stream().filter(goal -> goal.getValue() == state).map(Map.Entry::getKey)
                .toList();
    }

    private static List<FunctionRecord> functions(RecoveryRules.Remedy remedy) {
        return remedy.states().keySet().stream().flatMap(record -> record.patch().functions().stream()).toList();
    }
}
