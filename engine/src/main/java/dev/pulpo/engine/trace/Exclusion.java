package dev.pulpo.engine.trace;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Keeps other tools away from a process while this one traces it. */
public final class Exclusion {
    /**
     * What a tool has started has the lock, too, until it executes its program. Where the tool is killed just then, the lock
     * is held for that long by nobody who is at work.
     */
    private static final long DEAD_HOLDER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Exclusion() {}

    /**
     * Takes the lock; closing it gives it back.
     *
     * @throws RefusedException where another tool is at work on the process
     */
    public static ProcessLock of(int pid) {
        long patience = System.nanoTime() + DEAD_HOLDER_NANOS;
        ProcessLock.Result result = tryLock(pid);
        while (result instanceof ProcessLock.Taken taken && hasEnded(taken) && System.nanoTime() - patience < 0) {
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

    /** Of a holder in another pid namespace the kernel tells no id; it lives for all that is known. */
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
                // The thread has exited since; its process need not have.
            }
        }
    }

    /** Tools take the same one: the leader's, or where that has exited the one with the least id. */
    private static int lockedThread(int pid) {
        if (!ProcFs.isLeaving(pid, pid)) {
            return pid;
        }
        return ProcFs.liveThreads(pid).stream().min(Comparator.naturalOrder())
                .orElseThrow(() -> new TargetGoneException(pid, "it has ended"));
    }

    private static RuntimeException failure(int pid, int tid, SystemCallException e) {
        return e.errno() == Errno.EACCES || e.errno() == Errno.EPERM
                ? Access.refused(pid, tid, e.errno())
                : TargetGoneException.unlessLimited(pid, e);
    }
}
