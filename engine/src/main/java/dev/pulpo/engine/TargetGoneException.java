package dev.pulpo.engine;

import dev.pulpo.ffm.SystemCallException;

/** The target does not exist, has ended, or has executed another program. */
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

    /** For a process whose memory is gone. */
    public static TargetGoneException endedOrReplaced(int pid) {
        return new TargetGoneException(pid, "it has ended or executed another program");
    }

    /**
     * The exception for a file of the target in procfs that cannot be opened: the target is gone, unless this process has
     * reached its limit of open files.
     */
    public static RuntimeException unlessLimited(int pid, SystemCallException cause) {
        return cause.isLimitHit() ? cause : new TargetGoneException(pid, cause);
    }
}
