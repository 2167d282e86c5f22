package dev.pulpo.engine.target;

import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Keeps other operations away from a process: those of other tools by a lock of the kernel ({@link ProcessLock}), those of
 * this JVM by a queue.
 */
public final class TargetLock implements AutoCloseable {
    /** A wait that lasts longer is told of. */
    private static final long TELL_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long LONGEST_RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Operations of this JVM, first come, first served; one for each process that has had one. */
    private static final Map<Integer, Semaphore> TURNS = new ConcurrentHashMap<>();

    /**
     * A child of a tool inherits the lock until it executes its program. If the tool is killed just then, the child holds
     * the lock for this long, without being at work.
     */
    private static final long DEAD_HOLDER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final ProcessLock lock;
    private final Semaphore turn;

    private TargetLock(ProcessLock lock, Semaphore turn) {
        this.lock = lock;
        this.turn = turn;
    }

    /**
     * Takes the lock, and waits for it while others hold it.
     *
     * @param nanos        how long to wait at most
     * @param interruption ends the wait
     * @param told         gets a line for people if the wait lasts
     * @throws RefusedException where others still hold it then
     */
    public static TargetLock await(int pid, long nanos, Interruption interruption, Consumer<String> told) {
        long began = System.nanoTime();
        Teller teller = new Teller(pid, began, told);
        Semaphore turn = TURNS.computeIfAbsent(pid, process -> new Semaphore(1, true));
        takeTurn(pid, turn, began + nanos, interruption, teller);
        try {
            long retry = RETRY_NANOS;
            while (true) {
                interruption.check(pid);
                try {
                    return new TargetLock(of(pid), turn);
                } catch (RefusedException taken) {
                    long now = System.nanoTime();
                    if (now - began - nanos >= 0) {
                        throw taken;
                    }
                    teller.tell(taken);
                    // Tools that began to wait at the same time do not go on trying at the same times.
                    retry = Math.min(2 * retry, LONGEST_RETRY_NANOS);
                    interruption.pause(Math.min(ThreadLocalRandom.current().nextLong(retry / 2, retry),
                            began + nanos - now));
                }
            }
        } catch (RuntimeException | Error failed) {
            turn.release();
            throw failed;
        }
    }

    private static void takeTurn(int pid, Semaphore turn, long until, Interruption interruption, Teller teller) {
        try {
            while (!turn.tryAcquire(Math.clamp(until - System.nanoTime(), 0, LONGEST_RETRY_NANOS),
                    TimeUnit.NANOSECONDS)) {
                interruption.check(pid);
                RefusedException taken = new RefusedException(pid, new Refusal.InUse("another thread of this one"));
                if (System.nanoTime() - until >= 0) {
                    throw taken;
                }
                teller.tell(taken);
            }
        } catch (InterruptedException e) {
            // Nobody interrupts the thread of an operation; outside of one, waiting ends.
            Thread.currentThread().interrupt();
            throw new OperationInterruptedException(pid);
        }
    }

    /** Says once that it waits, and for whom. */
    private static final class Teller {
        private final int pid;
        private final long began;
        private final Consumer<String> told;
        private boolean done;

        Teller(int pid, long began, Consumer<String> told) {
            this.pid = pid;
            this.began = began;
            this.told = told;
        }

        void tell(RefusedException taken) {
            if (!done && System.nanoTime() - began > TELL_NANOS) {
                done = true;
                told.accept("waits until another Pulpo is done with process " + pid
                        + taken.refusals().stream().filter(Refusal.InUse.class::isInstance)
                                .map(refusal -> ": " + ((Refusal.InUse) refusal).holder()).findFirst().orElse(""));
            }
        }
    }

    /** Whether the locked process still exists, maybe as a zombie. */
    public boolean isOfAProcess() {
        return lock.isOfAProcess();
    }

    @Override
    public void close() {
        try {
            lock.close();
        } finally {
            turn.release();
        }
    }

    /**
     * Takes the lock of the kernel alone; closing it releases it. Waits only for a holder that has ended.
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
