package dev.pulpo.engine;

import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What an operation on a target can end with when it does not succeed. In all cases but those that say otherwise the target is as it was. */
public abstract sealed class PulpoException extends RuntimeException
        permits RefusedException, BlockedException, PauseExceededException, TargetGoneException, AccessRefusedException,
        TargetBusyException, BorrowedCallException, TargetUnreadableException, InTransitionException,
        OperationInterruptedException {
    private static final long serialVersionUID = 1L;

    private final int pid;
    private final transient List<Remedy> remedies;
    private final transient Function<Remedy.Wording, String> message;

    PulpoException(int pid, String message, @Nullable Throwable cause) {
        this(pid, List.of(), words -> message, cause);
    }

    /** @param message what it says, by the names that a reader has for the remedies */
    PulpoException(int pid, List<Remedy> remedies, Function<Remedy.Wording, String> message,
            @Nullable Throwable cause) {
        super(message.apply(Remedy.Wording.LIBRARY), cause);
        this.pid = pid;
        this.remedies = List.copyOf(remedies);
        this.message = message;
    }

    /** The target. */
    public int pid() {
        return pid;
    }

    /** What would help, as far as that is known. */
    public List<Remedy> remedies() {
        return remedies;
    }

    /** The message for readers who know remedies by other names than this library's. */
    public String message(Remedy.Wording words) {
        return message.apply(words);
    }
}
