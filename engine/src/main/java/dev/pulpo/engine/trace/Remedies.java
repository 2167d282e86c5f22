package dev.pulpo.engine.trace;

import dev.pulpo.elf.cfi.Step;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Consistency;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What the user can do about a thread that stands in the way. */
public final class Remedies {
    private Remedies() {}

    /**
     * What else can be asked for than that no thread is in the way.
     *
     * @param level what was asked for
     */
    public static String asking(Consistency.Level level) {
        return switch (level) {
            case FUNCTION_QUIESCENT ->
                "or let every thread change by itself when it is outside (--consistency thread), or do "
                        + "not ask for that (--consistency none): new calls change at once, and those in progress finish "
                        + "in the code that they are in";
            case LIBRARY_QUIESCENT ->
                "or ask for less (--consistency function): that none is in the functions that change";
            case PER_THREAD -> "or do not ask for that (--consistency none)";
            case NONE -> "without that it would not survive: the bytes that it returns to change";
        };
    }

    /** For a thread that has yet to change to a patch, or back from it, while others have. */
    public static final String IN_TRANSITION = "or wait longer (pulpo transition --wait), make it change where it is "
            + "(--force), or let the others change back (--cancel)";

    /** For a stack that cannot be followed. */
    public static String following(Step end) {
        return end == Step.NO_CFI
                ? "call frame information for that code (gcc -fasynchronous-unwind-tables, in assembly .cfi directives) "
                        + "lets its stack be followed"
                : "";
    }

    /** These, one after the other. */
    public static String of(String... remedies) {
        return Arrays.stream(remedies).filter(remedy -> !remedy.isEmpty()).collect(Collectors.joining("; "));
    }

    /**
     * How the thread gets out of the way by itself, or is made to.
     *
     * @param thread what it does
     */
    public static String leaving(BlockingThread thread) {
        Optional<String> call = thread.systemCall();
        if (call.isEmpty()) {
            return "wait longer (--timeout) until it gets on; if it runs in a loop that does not end, it never does";
        }
        return switch (call.get()) {
            case "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2", "accept",
                    "accept4",
                    "read", "readv", "recvfrom", "recvmsg", "recvmmsg", "msgrcv", "mq_timedreceive" ->
                "send it what it waits for, such as a request, so that " + call.get()
                        + " returns, or wait longer for that (--timeout)";
            case "nanosleep", "clock_nanosleep" -> "it sleeps: wait until it wakes up (--timeout)";
            case "futex" ->
                "it waits for a lock, a condition or another thread: wait until it gets that (--timeout)";
            case "wait4", "waitid" -> "it waits for a child process: wait until that ends (--timeout), or end it";
            case "vfork", "clone", "clone3" ->
                "it waits for a child process that has its memory: wait until that ends or executes a program (--timeout)";
            case "pause", "rt_sigsuspend", "rt_sigtimedwait" ->
                "it waits for a signal: send it the one that it expects, or wait for it (--timeout)";
            case "flock", "fcntl" -> "it waits for a lock on a file: wait until that is released (--timeout)";
            default -> "wait longer (--timeout) until " + call.get() + " returns";
        };
    }
}
