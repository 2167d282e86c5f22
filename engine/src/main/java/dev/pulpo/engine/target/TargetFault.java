package dev.pulpo.engine.target;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The process decides the content of its memory and files. A failure to read them is a failure of that process, and must not
 * end the work on others. Faults of this library are not affected.
 */
public final class TargetFault {
    private TargetFault() {}

    /** Runs work on a process; failures that the process has caused become {@link dev.pulpo.engine.PulpoException}s. */
    public static <T, X extends Exception> T explained(int pid, TraceeMemory memory, TargetGuard.Work<T, X> work)
            throws X {
        return explained(pid, file -> false, () -> TargetGuard.unless(pid, memory, work));
    }

    /**
     * As {@link #explained(int, TraceeMemory, TargetGuard.Work)}, without an open memory.
     *
     * @param others whether a file, by its name in messages, does not belong to the process
     */
    public static <T, X extends Exception> T explained(int pid, Predicate<String> others, TargetGuard.Work<T, X> work)
            throws X {
        try {
            return work.run();
        } catch (MalformedElfException | SystemCallException | VirtualMachineError failure) {
            Optional<PulpoException> explanation = explanation(pid, others, failure);
            if (explanation.isPresent()) {
                throw explanation.get();
            }
            throw failure;
        }
    }

    /**
     * Explains a failure that was caught.
     *
     * @return its explanation; the failure itself where the process has not caused it
     */
    public static RuntimeException explanation(int pid, TraceeMemory memory, Throwable failure) {
        try {
            return explained(pid, memory, () -> {
                switch (failure) {
                    case RuntimeException known -> throw known;
                    case Error error -> throw error;
                    default -> throw new IllegalStateException(failure);
                }
            });
        } catch (RuntimeException explained) {
            return explained;
        }
    }

    private static Optional<PulpoException> explanation(int pid, Predicate<String> others, Throwable failure) {
        if (failure instanceof Error && failure.getSuppressed().length > 0) {
            // It already tells the state of the operation, which is worth more.
            return Optional.empty();
        }
        return Optional.ofNullable(switch (failure) {
            case MalformedElfException malformed -> others.test(malformed.source())
                    ? null
                    : unreadable(pid, "its file is malformed: " + malformed.getMessage()
                            + "; start it anew with a file that is sound", malformed);
            // A limit of this process says nothing about the other.
            case SystemCallException call -> call.isLimitHit()
                    ? null
                    : unreadable(pid, "a system call on it failed: " + call.getMessage() + "; try again", call);
            case OutOfMemoryError tooLarge -> unreadable(pid, "too large to be read: it takes more memory than this "
                    + "tool may have (" + tooLarge.getMessage() + "); JAVA_TOOL_OPTIONS=-Xmx2g gives it more",
                    tooLarge);
            case StackOverflowError tooDeep ->
                unreadable(pid, "too large to be read: a file of it is nested too deeply", tooDeep);
            // The JVM's report of the SIGBUS that mmap(2) specifies for pages beyond the end of a file.
            case InternalError fault -> String.valueOf(fault.getMessage()).contains("unsafe memory access")
                    ? unreadable(pid, "a file that it has mapped was cut short while it was read; try again when "
                            + "nobody writes to its files", fault)
                    : null;
            default -> null;
        });
    }

    private static PulpoException unreadable(int pid, String what, Throwable cause) {
        return new TargetUnreadableException(pid, what, cause);
    }
}
