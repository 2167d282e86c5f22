package dev.pulpo.engine;

import dev.pulpo.ffm.SystemCallException;

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

    /** Where its memory is gone, which says no more than that. */
    public static TargetGoneException endedOrReplaced(int pid) {
        return new TargetGoneException(pid, "it has ended or executed another program");
    }

    /**
     * What it means that something of the target's in procfs could not be opened: that it has gone, unless this process
     * cannot open anything.
     */
    public static RuntimeException unlessLimited(int pid, SystemCallException cause) {
        return cause.isLimitHit() ? cause : new TargetGoneException(pid, cause);
    }
}
