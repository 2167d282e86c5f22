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
 * Lets a thread block in waitpid(2), which has no timeout, or in PTRACE_SEIZE, and helps if it takes too long. A tracer
 * must block to leave its processor to the thread that is about to stop; polling, with or without sleeps, takes many
 * times as long, and on a busy machine thousands of times.
 *
 * <p>The guard sends a signal to the waiting thread, whose handler does nothing: the wait ends with EINTR (signal(7)). It
 * is a real-time signal that this process did not use when the guard first needed one. If PTRACE_SEIZE waits for an
 * execve(2), the {@link Reaper} helps. Another thread watches the waiting threads; it sleeps while none is
 * {@linkplain #arm armed}.
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
    /** The process of which a thread is being seized, or 0. */
    private volatile int seizing;
    private final Reaper reaper;

    /** The signal, or 0 if none is free; without one {@link #wait} does not block. */
    private static final class Nudge {
        static final int SIGNAL = install();

        private static int install() {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment action = arena.allocate(SIGACTION_BYTES, Long.BYTES);
                for (int signal = HIGHEST_CANDIDATE; signal >= LOWEST_CANDIDATE; signal--) {
                    if (isUnused(signal, arena)) {
                        // abs() uses only its argument, so it can be a handler. Without SA_RESTART waits end.
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

    /** A guard for the calling thread. */
    public WaitGuard() {
        tid = Processes.currentThread();
        reaper = new Reaper(tid);
    }

    /** Starts watching this thread, if it does not yet. It takes a few microseconds, so do not call it in a stop. */
    public void arm() {
        // In this order, because the other thread would go back to sleep if it found no guard.
        if (ARMED.add(this)) {
            LockSupport.unpark(WATCH);
        }
    }

    /** Ends watching, if nothing is traced any more. */
    public void disarm() {
        ARMED.remove(this);
        reaper.forget();
    }

    /** Whether a tracee has exited or is about to, and has not been waited for: its tracer must then end to release it. */
    public boolean awaitsEnds() {
        return !reaper.isDone();
    }

    /** Waits for exited tracees. */
    Reaper reaper() {
        return reaper;
    }

    /** Whether waits can be ended, so that blocking is safe. */
    static boolean works() {
        return Nudge.SIGNAL != 0;
    }

    /** The thread is about to block. */
    void enter() {
        since = System.nanoTime();
        waiting = true;
    }

    /** The thread no longer blocks. */
    void leave() {
        waiting = false;
    }

    /** The thread is about to seize a thread of a process, which waits for any execve of the process. */
    void enterSeize(int pid) {
        since = System.nanoTime();
        seizing = pid;
    }

    /** The seizing has ended, successfully or not. */
    void leaveSeize() {
        seizing = 0;
    }

    private void help() {
        int process = seizing;
        long began = since;
        boolean late = System.nanoTime() - began > LOOK_NANOS;
        if (late && waiting) {
            // A signal at the wrong moment does no harm: there is a handler, and another check follows.
            syscall(Linux.SYS_tgkill(), syscall(Linux.SYS_getpid(), 0, 0, 0), tid, Nudge.SIGNAL);
        }
        try {
            if (late && process != 0) {
                reaper.lookAtThreadsOf(process, () -> seizing == process && since == began);
            }
            reaper.look();
        } catch (SystemCallException | OutOfMemoryError anotherTime) {
            // The process is gone, or files or memory are exhausted just now. Another check follows soon.
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
