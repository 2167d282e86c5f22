package dev.pulpo.examples.exit;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.AccessRefusedException;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.InTransitionException;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.examples.signature.SignatureRefusedException;

/** The exit statuses; 0 means that everything that was asked for is in force. */
public final class ExitStatus {
    public static final int OTHER = 1;
    public static final int USAGE = 2;
    public static final int REFUSED = 3;
    public static final int BLOCKED = 4;
    /** The process is gone, or there never was one. */
    public static final int GONE = 5;

    /** Some threads have not changed yet. */
    public static final int IN_TRANSITION = 6;

    /** SIGINT's number and 128, as shells have it; the JVM ends with that of the signal that came. */
    public static final int INTERRUPTED = 130;

    private ExitStatus() {}

    /**
     * Ends the program with a status, at the end of {@code main}. With 0 it returns, and the JVM ends by itself:
     * {@link System#exit} first looks for a logger, which takes a cold JVM 5 ms.
     */
    public static void end(int status) {
        if (status != 0) {
            System.exit(status);
        }
    }

    /** The status for a failure. */
    public static int of(Throwable failure) {
        if (failure instanceof PulpoException pulpo) {
            return switch (pulpo) {
                case RefusedException e -> REFUSED;
                case AccessRefusedException e -> REFUSED;
                case BlockedException e -> BLOCKED;
                case PauseExceededException e -> BLOCKED;
                case TargetBusyException e -> BLOCKED;
                case InTransitionException e -> IN_TRANSITION;
                case OperationInterruptedException e -> INTERRUPTED;
                case TargetGoneException e -> GONE;
                case BorrowedCallException e -> OTHER;
                case TargetUnreadableException e -> OTHER;
            };
        }
        if (failure instanceof SignatureRefusedException) {
            return REFUSED;
        }
        return failure instanceof MalformedElfException foreign && foreign.isOtherArchitecture() ? REFUSED : OTHER;
    }
}
