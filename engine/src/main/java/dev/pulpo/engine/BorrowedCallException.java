package dev.pulpo.engine;

/** A function that a borrowed thread of the target called did not return. */
public final class BorrowedCallException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final int tid;

    public BorrowedCallException(int pid, int tid, String message) {
        super(pid, "process " + pid + ", thread " + tid + ": " + message, null);
        this.tid = tid;
    }

    /** The borrowed thread. */
    public int tid() {
        return tid;
    }
}
