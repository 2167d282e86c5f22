package dev.pulpo.engine.apply;

import dev.pulpo.engine.TransactionReport.Result;

/** What a transaction of several processes does in one of them, once it has been prepared there. */
interface JointStep {
    /** What says in the process how far it is. */
    TransactionRecords records();

    /** Does it in one stop, and leaves it undecided: PENDING. What fails before anything has changed is cleaned up. */
    Stops.Done commit();

    /**
     * Cleans up what was prepared, unless something has changed that the next tool has to see to.
     *
     * @param failure what fails on the way is added to it
     */
    void abandon(Throwable failure);

    /** Writes that it has been decided; it stays done. */
    void stay();

    /**
     * What there is to do behind the decision.
     *
     * @return whether all memory of what went was given back
     */
    boolean finish();

    /**
     * What there is to report of it.
     *
     * @param done     what {@link #commit} has returned
     * @param unloaded what {@link #finish} has returned
     * @param began    when the transaction did, on the scale of {@link System#nanoTime}
     */
    Result done(Stops.Done done, boolean unloaded, long began);

    /**
     * What there is to report where it was undone.
     *
     * @param unloaded whether all memory was given back of what had come
     */
    Result takenBack(boolean unloaded);
}
