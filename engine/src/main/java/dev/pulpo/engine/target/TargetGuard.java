package dev.pulpo.engine.target;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetDamagedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * A process can end, or execute another program, between any two system calls. If an operation fails then, the caller is
 * told that, whatever failed first.
 */
public final class TargetGuard {
    /**
     * A thread removes SIGKILL from its pending signals a moment before it shows as exiting, and may be preempted in
     * between.
     */
    private static final long UNDECIDED_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final long PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);

    private TargetGuard() {}

    /** Work that may fail with an {@link IOException} of its own. */
    @FunctionalInterface
    public interface Work<T, X extends Exception> {
        T run() throws X;
    }

    /** Runs the work; a failure while the process ends becomes a {@link dev.pulpo.engine.TargetGoneException}. */
    public static <T, X extends Exception> T unless(int pid, TraceeMemory memory, Work<T, X> work) throws X {
        try {
            return work.run();
        } catch (TargetGoneException e) {
            throw e;
        } catch (SystemCallException | UncheckedIOException | PulpoException e) {
            if (isGone(pid, memory, e)) {
                throw new TargetGoneException(pid,
                        ProcFs.isEnding(pid) ? "it has ended" : "it has executed another program", e);
            }
            throw e;
        }
    }

    /** Whether the process of this memory runs its code no more. */
    public static boolean isGone(int pid, TraceeMemory memory) {
        return memory.isGone() || ProcFs.isEnding(pid);
    }

    private static boolean isGone(int pid, TraceeMemory memory, RuntimeException failure) {
        // Only a process that is visibly ending can cause a refusal or a blocker, so they need no wait. What was read and makes
        // no sense was there.
        boolean mayBeUndecided = !(failure instanceof RefusedException || failure instanceof BlockedException
                || failure instanceof TargetDamagedException);
        long deadline = System.nanoTime() + UNDECIDED_NANOS;
        while (!isGone(pid, memory)) {
            if (!mayBeUndecided || System.nanoTime() - deadline >= 0) {
                return false;
            }
            LockSupport.parkNanos(TargetGuard.class, PAUSE_NANOS);
        }
        return true;
    }
}
