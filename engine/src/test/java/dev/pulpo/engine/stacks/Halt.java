package dev.pulpo.engine.stacks;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntPredicate;

/**
 * A process that job control has stopped (SIGSTOP, signal(7)), so that one tool after the other can look at the same
 * instant. It runs again when this is closed.
 */
final class Halt implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long LOOK_NANOS = 500_000;

    private final int pid;

    /** Stops the process, and returns when its last thread stands. */
    Halt(int pid) {
        this.pid = pid;
        Processes.kill(pid, Signals.SIGSTOP);
        await("stop", this::stands);
    }

    private boolean stands(int tid) {
        return ProcFs.state(pid, tid) == 'T';
    }

    private void await(String what, IntPredicate wanted) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!ProcFs.liveThreads(pid).stream().allMatch(wanted::test)) {
            if (System.nanoTime() - deadline > 0) {
                throw new IllegalStateException("process " + pid + " does not " + what);
            }
            LockSupport.parkNanos(LOOK_NANOS);
        }
    }

    /** Returns when all threads stand again, after a tracer has let them go: it takes each a moment to get there. */
    void awaitAll() {
        await("stop again", this::stands);
    }

    @Override
    public void close() {
        Processes.kill(pid, Signals.SIGCONT);
        await("go on", tid -> !stands(tid));
    }
}
