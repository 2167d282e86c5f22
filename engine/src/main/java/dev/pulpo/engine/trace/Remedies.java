package dev.pulpo.engine.trace;

import dev.pulpo.elf.cfi.Step;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Remedy;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What the user can do about a thread that stands in the way. */
public final class Remedies {
    private Remedies() {}

    /**
     * What else can be asked for than that no thread is in the way.
     *
     * @param level what was asked for
     */
    public static List<Remedy> asking(Consistency.Level level) {
        return switch (level) {
            case FUNCTION_QUIESCENT -> List.of(new Remedy.AskFor(Consistency.Level.PER_THREAD),
                    new Remedy.AskFor(Consistency.Level.NONE));
            case LIBRARY_QUIESCENT -> List.of(new Remedy.AskFor(Consistency.Level.FUNCTION_QUIESCENT));
            case PER_THREAD -> List.of(new Remedy.AskFor(Consistency.Level.NONE));
            case NONE -> List.of(new Remedy.Elsewhere(
                    "without that it would not survive: the bytes that it returns to change"));
        };
    }

    /** For a thread that has yet to change to a patch, or back from it, while others have. */
    public static final List<Remedy> IN_TRANSITION = List.of(Remedy.Action.AWAIT_TRANSITION,
            Remedy.Action.FORCE_TRANSITION, Remedy.Action.REVERSE_TRANSITION);

    /** For a stack that cannot be followed. */
    public static List<Remedy> following(Step end) {
        return end == Step.NO_CFI
                ? List.of(
                        new Remedy.Elsewhere("call frame information for that code (gcc -fasynchronous-unwind-tables, "
                                + "in assembly .cfi directives) lets its stack be followed"))
                : List.of();
    }

    /** All of both. */
    public static List<Remedy> of(List<Remedy> first, List<Remedy> others) {
        return Stream.concat(first.stream(), others.stream()).toList();
    }

    /**
     * How the thread gets out of the way by itself, or is made to.
     *
     * @param thread what it does
     */
    public static List<Remedy> leaving(BlockingThread thread) {
        Optional<String> call = thread.systemCall();
        return List.of(new Remedy.WaitLonger(call.isPresent()
                ? inCall(call.get())
                : "unless it runs in a loop that does not end, it gets on by itself: wait longer"));
    }

    private static String inCall(String call) {
        return switch (call) {
            case "poll", "ppoll", "select", "pselect6", "epoll_wait", "epoll_pwait", "epoll_pwait2", "accept",
                    "accept4",
                    "read", "readv", "recvfrom", "recvmsg", "recvmmsg", "msgrcv", "mq_timedreceive" ->
                "send it what it waits for, such as a request, so that " + call + " returns, or wait longer for that";
            case "nanosleep", "clock_nanosleep" -> "it sleeps: wait until it wakes up";
            case "futex" -> "it waits for a lock, a condition or another thread: wait until it gets that";
            case "wait4", "waitid" -> "it waits for a child process: end that, or wait until it ends";
            case "vfork", "clone", "clone3" ->
                "it waits for a child process that has its memory: wait until that ends or executes a program";
            case "pause", "rt_sigsuspend", "rt_sigtimedwait" ->
                "it waits for a signal: send it the one that it expects, or wait for it";
            case "flock", "fcntl" -> "it waits for a lock on a file: wait until that is released";
            default -> "wait longer until " + call + " returns";
        };
    }
}
