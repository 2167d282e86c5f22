package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * Is told how operations on a process go on, for people who wait. Never called in a stop: the threads of the process run, or
 * wait for what they waited for. Called on threads of the operation, several of them for one on several processes; the
 * operation waits for it. What it throws goes to the thread's handler of uncaught exceptions, and changes nothing.
 *
 * @see LiveProcess#listen
 */
public interface OperationListener {
    /** Is told nothing. */
    OperationListener NONE = new OperationListener() {};

    /**
     * Patches were planned.
     *
     * @param plans with their refusals
     */
    default void planned(List<PatchPlan> plans) {}

    /**
     * A patch was loaded into the process. No code leads to it yet.
     *
     * @param borrowed how long threads of the process have been borrowed in this operation
     */
    default void loaded(int pid, PatchId patch, Duration borrowed) {}

    /**
     * The process was stopped, and released.
     *
     * @param attempt the number of the stop, from 1
     * @param stop    how long it took
     */
    default void stopped(int pid, int attempt, Duration stop) {}

    /**
     * Threads blocked the change in that stop; it is tried again until the deadline.
     *
     * @param attempt  the number of that stop
     * @param blockers all threads that have blocked it so far, with what is known of them
     */
    default void blocked(int pid, int attempt, List<Blocker> blockers) {}

    /**
     * The change is made, and has been read back.
     *
     * @param attempts how many stops it took
     * @param stop     the last one
     */
    default void committed(int pid, int attempts, Duration stop) {}
}
