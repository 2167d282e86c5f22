package dev.pulpo.engine;

/**
 * The calling thread was interrupted during an operation, which ended between two stops: what it had changed is undone, and
 * the process is as it was. Only a stub that was loaded for it stays. The thread's interrupt status is set.
 *
 * <p>With {@link Consistency#perThread}, threads that had changed already change back; {@link #getMessage} tells if some
 * still do. An operation that only waits for threads to change leaves the transition as it is.
 */
public final class OperationInterruptedException extends PulpoException {
    private static final long serialVersionUID = 1L;

    public OperationInterruptedException(int pid) {
        this(pid, "nothing is changed");
    }

    /** @param state what holds now */
    public OperationInterruptedException(int pid, String state) {
        super(pid, "process " + pid + ": interrupted; " + state, null);
    }
}
