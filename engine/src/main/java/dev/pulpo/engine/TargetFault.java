package dev.pulpo.engine;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A process decides what its memory and its files hold. Whatever reading them causes is a failure of that process, which
 * says so, and nothing that ends the work on others. Faults of this library are not among that, and stay what they are.
 */
final class TargetFault {
    private TargetFault() {}

    /** Does the work on a process; what the process has caused becomes a {@link PulpoException}. */
    static <T, X extends Exception> T explained(int pid, TraceeMemory memory, Gone.Work<T, X> work) throws X {
        return explained(pid, file -> false, () -> Gone.unless(pid, memory, work));
    }

    /**
     * As {@link #explained(int, TraceeMemory, Gone.Work)}, where nobody has its memory open.
     *
     * @param others whether a file, by its name in messages, is none of the process's
     */
    static <T, X extends Exception> T explained(int pid, Predicate<String> others, Gone.Work<T, X> work) throws X {
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
     * The same for a failure that somebody has caught.
     *
     * @return what it comes from; the failure itself where it is of no process's making
     */
    static RuntimeException explanation(int pid, TraceeMemory memory, Throwable failure) {
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
            // It says already what has become of the operation, and that is worth more.
            return Optional.empty();
        }
        return Optional.ofNullable(switch (failure) {
            case MalformedElfException malformed -> others.test(malformed.source())
                    ? null
                    : unreadable(pid, "its file is malformed: " + malformed.getMessage()
                            + "; start it anew with a file that is sound", malformed);
            // A limit of this process's own says nothing of the other.
            case SystemCallException call -> call.isLimitHit()
                    ? null
                    : unreadable(pid, "a system call on it failed: " + call.getMessage() + "; try again", call);
            case OutOfMemoryError tooLarge -> unreadable(pid, "too large to be read: it takes more memory than this "
                    + "tool may have (" + tooLarge.getMessage() + "); JAVA_TOOL_OPTIONS=-Xmx2g gives it more",
                    tooLarge);
            case StackOverflowError tooDeep ->
                unreadable(pid, "too large to be read: a file of it is nested too deeply", tooDeep);
            // How the JVM reports the SIGBUS that mmap(2) promises for pages beyond the end of a file.
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
