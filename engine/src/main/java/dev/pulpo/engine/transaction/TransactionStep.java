package dev.pulpo.engine.transaction;

import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.commit.CommitLoop;

/** The work of a transaction in one process, after it has been prepared there. */
public interface TransactionStep {
    /** The transaction's records in the process. */
    TransactionRecords transaction();

    /** Does the work in one stop, and leaves it PENDING. Cleans up after a failure before the first change. */
    CommitLoop.Done commit();

    /**
     * Cleans up the preparation, unless something has changed: that is left to the next tool.
     *
     * @param failure receives further failures as suppressed ones
     */
    void abandon(Throwable failure);

    /** Writes the decision: the work stays done. */
    void confirm();

    /**
     * Finishes the work after the decision.
     *
     * @return whether all memory of removed patches was unmapped
     */
    boolean finish();

    /**
     * The result after the decision.
     *
     * @param done     result of {@link #commit}
     * @param unloaded result of {@link #finish}
     * @param began    start of the transaction, on the scale of {@link System#nanoTime}
     */
    Result result(CommitLoop.Done done, boolean unloaded, long began);

    /**
     * The result where the work was undone.
     *
     * @param unloaded whether all memory of the new patches was unmapped
     */
    Result undone(boolean unloaded);
}
