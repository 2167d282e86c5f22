package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.callInt;
import static dev.pulpo.ffm.NativeCalls.function;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Lets a thread block in waitpid(2), which has no timeout, or PTRACE_SEIZE, and comes to its help when it takes too long.
 * Blocking is how a tracer leaves its processor to the thread that is to stop on it; looking again and again, with or without
 * sleeps in between, takes many times as long, and on a crowded machine thousands of times.
 *
 * <p>The help is a signal to the waiting thread, whose handler does nothing: the wait ends with EINTR (signal(7)). The signal
 * is a real-time one that nothing in this process had a use for when it was first needed; it gets its handler then. Where it
 * is an execve(2) that PTRACE_SEIZE waits for, the {@link Reaper} helps. Another thread looks after those that wait; it sleeps
 * while none is {@linkplain #arm armed}.
 *
 * <p>A guard belongs to the thread that made it.
 */
public final class WaitGuard {
    private static final long LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(2);
    private static final int HIGHEST_CANDIDATE = 60;
    private static final int LOWEST_CANDIDATE = 36;
    private static final int SIGACTION_SET_BYTES = 8;
    /** The size of {@code struct sigaction}, whose handler comes first; see {@link Launcher#ATTRIBUTES_BYTES}. */
    static final int SIGACTION_BYTES = 152;

    private static final Set<WaitGuard> ARMED = ConcurrentHashMap.newKeySet();
    private static final Thread WATCH = Thread.ofPlatform().daemon().name("pulpo-wait-guard")
            .unstarted(WaitGuard::watch);

    private final int tid;
    private volatile long since;
    private volatile boolean waiting;
    /** The process that a thread of is being seized, or 0. */
    private volatile int seizing;
    private final Reaper reaper;

    /** Whether a signal could be had; without one {@link #wait} does not block. */
    private static final class Nudge {
        static final int SIGNAL = install();

        private static int install() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
                for (int signal = HIGHEST_CANDIDATE; signal >= LOWEST_CANDIDATE; signal--) {
                    if (isUnused(signal, arena)) {
                        // abs() touches nothing but its argument, and so can be a handler. Without SA_RESTART waits end.
                        action.set(ValueLayout.JAVA_LONG, 0, function("abs").address());
                        if (callInt(function("sigaction"), signal, action.address(), 0) == 0) {
                            return signal;
                        }
                    }
                }
            }
            return 0;
        }

        private static boolean isUnused(int signal, Arena arena) {
            MemorySegment old = arena.allocate(SIGACTION_BYTES, Long.BYTES);
            return syscall(Linux.SYS_rt_sigaction(), signal, 0, old.address(), SIGACTION_SET_BYTES) == 0
                    && old.get(ValueLayout.JAVA_LONG, 0) == 0;
        }
    }

    static {
        WATCH.start();
    }

    /** A guard of the calling thread. */
    public WaitGuard() {
        tid = Processes.currentThread();
        reaper = new Reaper(tid);
    }

    /** Begins to look after this thread; costs a few microseconds, so it is not for the middle of a stop. Armed already, nothing. */
    public void arm() {
        // In this order: woken before it is there, the other thread would go back to sleep.
        if (ARMED.add(this)) {
            LockSupport.unpark(WATCH);
        }
    }

    /** Ends what {@link #arm} began, where nothing is traced any more. */
    public void disarm() {
        ARMED.remove(this);
        reaper.forget();
    }

    /** Whether a traced thread has exited, or is about to, that nobody has waited for: its tracer has to end for its sake. */
    public boolean awaitsEnds() {
        return !reaper.isDone();
    }

    /** Looks after the ends of threads that are traced. */
    Reaper reaper() {
        return reaper;
    }

    /** Whether waits can be ended, so that blocking is safe. */
    static boolean works() {
        return Nudge.SIGNAL != 0;
    }

    /** Says that the thread is about to block. */
    void enter() {
        since = System.nanoTime();
        waiting = true;
    }

    /** Says that it does not block any more. */
    void leave() {
        waiting = false;
    }

    /** Says that the thread is about to seize a thread of a process, and with it to wait for an execve of that. */
    void enterSeize(int pid) {
        since = System.nanoTime();
        seizing = pid;
    }

    /** Says that it has, or has not, and waits no more. */
    void leaveSeize() {
        seizing = 0;
    }

    private void help() {
        int process = seizing;
        long began = since;
        boolean late = System.nanoTime() - began > LOOK_NANOS;
        if (late && waiting) {
            // One that comes a moment too late or too early does no harm: there is a handler, and another look.
            syscall(Linux.SYS_tgkill(), syscall(Linux.SYS_getpid(), 0, 0, 0), tid, Nudge.SIGNAL);
        }
        try {
            if (late && process != 0) {
                reaper.lookAtThreadsOf(process, () -> seizing == process && since == began);
            }
            reaper.look();
        } catch (SystemCallException | OutOfMemoryError anotherTime) {
            // The process is gone, or there is no file or memory to be had just now. There is another look in a moment.
        }
    }

    private static void watch() {
        while (true) {
            if (ARMED.isEmpty()) {
                LockSupport.park(WaitGuard.class);
            } else {
                LockSupport.parkNanos(WaitGuard.class, LOOK_NANOS);
            }
            ARMED.forEach(WaitGuard::help);
        }
    }
}
