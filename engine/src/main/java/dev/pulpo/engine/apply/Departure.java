package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import java.util.List;
import java.util.Optional;

/**
 * Patches that go out of force in one process as a part of a {@link JointOperation}:
 *
 * <pre>
 *   prepare   a record that stands for all of them is written, PREPARED, with the processes of the transaction
 *   commit    REVERTING for each, all code, then PENDING for that record; they stay loaded
 *   stay      the mark, and UNLOADED for that record: the transaction is over here
 *   finish    REVERTED for each, and their memory back
 * </pre>
 */
final class Departure implements JointStep {
    private final Session session;
    private final Consistency consistency;
    private final Ties ties;
    private final long deadline;
    private final Registry.Entry record;
    private final Leaving leaving;
    private final TransactionRecords records;

    private Departure(Session session, Consistency consistency, Ties ties, long deadline, Registry.Entry record,
            Leaving leaving) {
        this.session = session;
        this.consistency = consistency;
        this.ties = ties;
        this.deadline = deadline;
        this.record = record;
        this.leaving = leaving;
        this.records = new TransactionRecords(session, consistency, ties, List.of(record));
    }

    /**
     * Records what is to go.
     *
     * @param ids at least one
     * @throws RefusedException where one is not applied, or is needed by one that stays
     */
    static Departure prepare(Session session, List<PatchId> ids, Consistency consistency, Ties ties, long deadline) {
        Departing departing = Departing.of(session, new Refusal.NotApplied(ids.getFirst().shortForm()),
                Departing.all(session.pid(), ids), consistency, deadline);
        Registry registry = departing.registry();
        Registry.Entry record = Recorded.append(session, registry,
                PatchRecord.departure(registry.nextSequence(), ties), deadline).entry();
        // Where it was full, all entries are elsewhere now.
        Registry now = session.readRegistry();
        return new Departure(session, consistency, ties, deadline, record, new Leaving(session, now,
                departing.entries().stream().map(entry -> now.numbered(entry.patch().sequence()))
                        .map(Optional::orElseThrow).toList()));
    }

    @Override
    public TransactionRecords records() {
        return records;
    }

    @Override
    public Stops.Done commit() {
        try {
            return leaving.go(ties.transaction(), List.of(Changes.ofState(record, State.PREPARED, State.PENDING)),
                    consistency, deadline);
        } catch (RuntimeException | Error failed) {
            abandon(failed);
            throw failed;
        }
    }

    @Override
    public void abandon(Throwable failure) {
        if (leaving.isInForce()) {
            Registry.setState(session.memory(), record, State.UNLOADED);
        }
    }

    @Override
    public void stay() {
        records.mark(Ties.Mark.DECIDED);
        Registry.setState(session.memory(), record, State.UNLOADED);
    }

    @Override
    public boolean finish() {
        return RevertOperation.finish(session, leaving, consistency, deadline);
    }

    @Override
    public Result done(Stops.Done done, boolean unloaded, long began) {
        return new Result.Reverted(session.pid(), RevertOperation.outcome(session, leaving, done, unloaded, began));
    }

    @Override
    public Result takenBack(boolean unloaded) {
        return new Result.PutBack(session.pid());
    }
}
