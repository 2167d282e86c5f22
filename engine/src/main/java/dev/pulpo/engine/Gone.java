package dev.pulpo.engine;

import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.TimeUnit;

/**
 * A process can end, or become another program, between any two system calls. Whichever fails then, and however, that is
 * what has happened, and that is what the caller is told.
 */
final class Gone {
    /** A thread takes a SIGKILL off its list a moment before it shows as exiting, and may be preempted in between. */
    private static final long UNDECIDED_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private Gone() {}

    /** Work that may fail with an {@link IOException} of its own. */
    @FunctionalInterface
    interface Work<T, X extends Exception> {
        T run() throws X;
    }

    /** Does the work; a failure of it while the process goes away becomes a {@link TargetGoneException}. */
    static <T, X extends Exception> T unless(int pid, TraceeMemory memory, Work<T, X> work) throws X {
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

    /** Whether the process that this memory belongs to runs no more of its code. */
    static boolean isGone(int pid, TraceeMemory memory) {
        return memory.isGone() || ProcFs.isEnding(pid);
    }

    private static boolean isGone(int pid, TraceeMemory memory, RuntimeException failure) {
        // A refusal or a blocker can be a consequence of looking at half a process, and of nothing shorter-lived than that.
        boolean mayBeUndecided = !(failure instanceof RefusedException || failure instanceof BlockedException);
        long deadline = System.nanoTime() + UNDECIDED_NANOS;
        do {
            if (isGone(pid, memory)) {
                return true;
            }
            Thread.onSpinWait();
        } while (mayBeUndecided && System.nanoTime() - deadline < 0);
        return false;
    }
}
