package dev.pulpo.engine.target;

import dev.pulpo.engine.OperationListener;
import dev.pulpo.ffm.TraceeMemory;
import java.util.function.Consumer;

/**
 * A process that is patched.
 *
 * @param startTime in clock ticks since boot (proc_pid_stat(5)); with the pid it identifies the process
 * @param memory    its memory; the owner closes it
 * @param waits     for other operations on it
 * @param listener  is told how operations on it go on
 */
public record Tracee(int pid, long startTime, TraceeMemory memory, LockWait waits, OperationListener listener) {
    /** Tells the listener something; its failure is none of the operation. Not to be called in a stop. */
    public void tell(Consumer<OperationListener> what) {
        try {
            what.accept(listener);
        } catch (RuntimeException failed) {
            Thread thread = Thread.currentThread();
            thread.getUncaughtExceptionHandler().uncaughtException(thread, failed);
        }
    }
}
