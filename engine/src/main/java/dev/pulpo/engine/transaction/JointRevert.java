package dev.pulpo.engine.transaction;

import dev.pulpo.engine.recovery.CallbackCalls;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.commit.Changes;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.load.PatchRemoval;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.PatchLedger;
import dev.pulpo.engine.session.Session;
import java.util.List;

/**
 * Patches that go out of force in one process as a part of a {@link JointOperation}:
 *
 * <pre>
 *   prepare   writes a record that stands for all of them, PREPARED, with the processes of the transaction
 *   commit    REVERTING for each, all code, then PENDING for that record; the patches confirm loaded
 *   confirm   the commit mark, and UNLOADED for that record: the transaction is over here
 *   finish    REVERTED for each, and unloads them
 * </pre>
 */
public final class JointRevert implements TransactionStep {
    private final Session session;
    private final Consistency consistency;
    private final TransactionLink link;
    private final Registry.StoredRecord record;
    private final PatchRemoval removal;
    private final TransactionRecords transaction;

    private JointRevert(Session session, Consistency consistency, TransactionLink link, Registry.StoredRecord record,
            PatchRemoval removal) {
        this.session = session;
        this.consistency = consistency;
        this.link = link;
        this.record = record;
        this.removal = removal;
        this.transaction = new TransactionRecords(session, consistency, link, List.of(record));
    }

    /**
     * Records the removal.
     *
     * @param ids       at least one
     * @param retention how long they stay loaded afterwards
     * @throws RefusedException where none is applied any more, or a remaining patch needs one
     */
    public static JointRevert prepare(Session session, List<PatchId> ids, Retention retention,
            Consistency consistency, TransactionLink link) {
        List<Registry.StoredRecord> selection = RevertSelection.of(session, RevertSelection.all(ids), consistency);
        if (selection.isEmpty()) {
            throw new RefusedException(session.pid(), new Refusal.NotApplied(ids.getFirst().shortForm()));
        }
        PatchLedger ledger = session.ledger();
        long number = ledger.append(PatchRecord.forRemoval(ledger.now().nextSequence(), link));
        JointRevert revert = new JointRevert(session, consistency, link, ledger.records(List.of(number)).getFirst(),
                new PatchRemoval(session,
                        ledger.records(selection.stream().map(Registry.StoredRecord::number).toList()),
                        retention));
        try {
            revert.removal.prepare();
            return revert;
        } catch (RuntimeException | Error failed) {
            revert.abandon(failed);
            throw failed;
        }
    }

    @Override
    public TransactionRecords transaction() {
        return transaction;
    }

    @Override
    public CommitLoop.Done commit() {
        try {
            return removal.commit(link.transaction(), List.of(Changes.ofState(record, State.PREPARED, State.PENDING)),
                    consistency);
        } catch (RuntimeException | Error failed) {
            abandon(failed);
            throw failed;
        }
    }

    @Override
    public void abandon(Throwable failure) {
        if (removal.isInForce()) {
            session.complete();
            session.ledger().setState(record, State.UNLOADED);
            CallbackCalls.settleIfPossible(session);
        }
    }

    @Override
    public void confirm() {
        transaction.mark(TransactionLink.Mark.DECIDED);
        session.ledger().setState(record, State.UNLOADED);
    }

    @Override
    public boolean finish() {
        return removal.finish(consistency, session.deadline());
    }

    @Override
    public Result result(CommitLoop.Done done, boolean unloaded, long began) {
        return new Result.Reverted(session.pid(), removal.outcome(done, unloaded, began));
    }

    @Override
    public Result undone(boolean unloaded) {
        return new Result.PutBack(session.pid());
    }
}
