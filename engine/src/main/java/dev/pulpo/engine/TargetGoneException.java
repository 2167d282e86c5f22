package dev.pulpo.engine;

/** The target does not exist, has ended, or has become another program. */
public final class TargetGoneException extends PulpoException {
    private static final long serialVersionUID = 1L;

    public TargetGoneException(int pid, String what) {
        super(pid, "process " + pid + ": " + what, null);
    }

    public TargetGoneException(int pid, String what, Throwable cause) {
        super(pid, "process " + pid + ": " + what, cause);
    }

    public TargetGoneException(int pid, Throwable cause) {
        super(pid, "process " + pid + " does not exist or has ended", cause);
    }
}
