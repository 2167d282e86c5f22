package dev.pulpo.engine;

/** A function that a borrowed thread of the target called did not return. */
public final class BorrowedCallException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final int tid;
    private final String problem;

    public BorrowedCallException(int pid, int tid, String message) {
        super(pid, "process " + pid + ", thread " + tid + ": " + message, null);
        this.tid = tid;
        this.problem = message;
    }

    /** The same failure, of the function that was called for this. */
    public BorrowedCallException during(String what) {
        BorrowedCallException named = new BorrowedCallException(pid(), tid, what + ": " + problem);
        named.addSuppressed(this);
        return named;
    }

    /** The borrowed thread. */
    public int tid() {
        return tid;
    }
}
