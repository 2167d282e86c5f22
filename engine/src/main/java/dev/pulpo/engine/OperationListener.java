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
     * Threads of the process could not do their own work for a while, and can again. Told after each stop of the process, after
     * each loan of a thread, and after single threads were looked at. Of looks for one purpose, the first ten thousand are told.
     *
     * @param pauses the oldest first
     */
    default void paused(int pid, List<Pause> pauses) {}

    /**
     * The tool has ended a phase of the operation, with success or without. Phases that lie in it have been told before.
     *
     * @param from when it began, on the scale of {@link System#nanoTime}
     * @param to   when it ended
     */
    default void phase(int pid, Phase phase, long from, long to) {}

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

    /** Both are told everything, this one first. */
    default OperationListener and(OperationListener other) {
        return this == NONE ? other : other == NONE ? this : new ListenerPair(this, other);
    }
}
