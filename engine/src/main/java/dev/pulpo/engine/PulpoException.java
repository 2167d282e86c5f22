package dev.pulpo.engine;

import org.jspecify.annotations.Nullable;

/** What an operation on a target can end with when it does not succeed. In all cases but those that say otherwise the target is as it was. */
public abstract sealed class PulpoException extends RuntimeException
        permits RefusedException, BlockedException, PauseExceededException, TargetGoneException, AccessRefusedException,
        TargetBusyException, BorrowedCallException, TargetUnreadableException, InTransitionException {
    private static final long serialVersionUID = 1L;

    private final int pid;

    PulpoException(int pid, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.pid = pid;
    }

    /** The target. */
    public int pid() {
        return pid;
    }
}
