package dev.pulpo.engine;

/** The target, or one of its files, could not be read or understood. */
public final class TargetUnreadableException extends PulpoException {
    private static final long serialVersionUID = 1L;

    public TargetUnreadableException(int pid, String message, Throwable cause) {
        super(pid, "process " + pid + ": " + message, cause);
    }

    public TargetUnreadableException(int pid, String message) {
        super(pid, "process " + pid + ": " + message, null);
    }
}
