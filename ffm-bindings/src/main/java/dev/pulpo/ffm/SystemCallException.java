package dev.pulpo.ffm;

/** A system call failed unexpectedly. */
public final class SystemCallException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    /** The call and its operands. */
    private final String call;

    private final int errno;

    public SystemCallException(String call, int errno) {
        super(call + ": " + Errno.name(errno) + ResourceLimit.remedy(errno));
        this.call = call;
        this.errno = errno;
    }

    /** The call with its operands, such as {@code ptrace(PTRACE_SEIZE, 4711)}. */
    public String call() {
        return call;
    }

    /** The error number, positive; see {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** Whether this process, or the machine, cannot open another file; then the failure does not concern the target. */
    public boolean isLimitHit() {
        return ResourceLimit.isHit(errno);
    }
}
