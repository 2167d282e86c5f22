package dev.pulpo.engine.target;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Keeps other tools away from a process. */
public final class TargetLock {
    /**
     * A child of a tool inherits the lock until it executes its program. If the tool is killed just then, the child holds
     * the lock for this long, without being at work.
     */
    private static final long DEAD_HOLDER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private TargetLock() {}

    /**
     * Takes the lock; closing it releases it.
     *
     * @throws RefusedException where another tool works on the process
     */
    public static ProcessLock of(int pid) {
        long limit = System.nanoTime() + DEAD_HOLDER_NANOS;
        ProcessLock.Result result = tryLock(pid);
        while (result instanceof ProcessLock.Taken taken && hasEnded(taken) && System.nanoTime() - limit < 0) {
            LockSupport.parkNanos(RETRY_NANOS);
            result = tryLock(pid);
        }
        return switch (result) {
            case ProcessLock.Held held -> held.lock();
            case ProcessLock.Taken taken -> throw new RefusedException(pid, new Refusal.InUse(
                    taken.holders().isEmpty()
                            ? "its process id is not known here"
                            : "process " + taken.holders().getFirst() + " ("
                                    + ProcFs.name(taken.holders().getFirst()) + ")"));
        };
    }

    /** The kernel tells no id of a holder in another PID namespace; it is assumed to live. */
    private static boolean hasEnded(ProcessLock.Taken taken) {
        return !taken.holders().isEmpty() && taken.holders().stream()
                .allMatch(holder -> holder > 0 && !Files.exists(ProcFs.process(holder)));
    }

    private static ProcessLock.Result tryLock(int pid) {
        while (true) {
            int tid = lockedThread(pid);
            try {
                return ProcessLock.tryLock(pid, tid, holders -> OtherTools.on(pid, holders));
            } catch (SystemCallException e) {
                if (e.isLimitHit() || e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                        || tid == lockedThread(pid)) {
                    throw failure(pid, tid, e);
                }
                // The thread has exited; its process may live.
            }
        }
    }

    /** All tools lock the same thread: the leader, or the lowest id if the leader has exited. */
    private static int lockedThread(int pid) {
        if (!ProcFs.isLeaving(pid, pid)) {
            return pid;
        }
        return ProcFs.liveThreads(pid).stream().min(Comparator.naturalOrder())
                .orElseThrow(() -> new TargetGoneException(pid, "it has ended"));
    }

    private static RuntimeException failure(int pid, int tid, SystemCallException e) {
        return e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                ? PtraceAccess.refused(pid, tid, e.errno())
                : TargetGoneException.unlessLimited(pid, e);
    }
}
