package dev.pulpo.engine;

/** The target, or one of its files, could not be read or understood. */
public sealed class TargetUnreadableException extends PulpoException permits TargetDamagedException {
    private static final long serialVersionUID = 1L;

    public TargetUnreadableException(int pid, String message, Throwable cause) {
        super(pid, "process " + pid + ": " + message, cause);
    }

    public TargetUnreadableException(int pid, String message) {
        super(pid, "process " + pid + ": " + message, null);
    }
}
