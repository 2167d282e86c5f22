package dev.pulpo.engine.target;

import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.Phase;
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
    /** A phase of an operation, until {@link #close}. */
    public static final class Span implements AutoCloseable {
        private final Tracee tracee;
        private final Phase phase;
        private final long began = System.nanoTime();

        private Span(Tracee tracee, Phase phase) {
            this.tracee = tracee;
            this.phase = phase;
        }

        @Override
        public void close() {
            long ended = System.nanoTime();
            tracee.tell(listener -> listener.phase(tracee.pid(), phase, began, ended));
        }
    }

    /** Notes that a phase begins. Not to be called in a stop. */
    public Span phase(Phase phase) {
        return new Span(this, phase);
    }

    /** Whether somebody listens. */
    public boolean isListenedTo() {
        return !listener.equals(OperationListener.NONE);
    }

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
