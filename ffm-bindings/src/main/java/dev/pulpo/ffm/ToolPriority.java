package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.util.concurrent.locks.LockSupport;

/**
 * The nice value (sched(7)) of all threads of this process, for a program that exists only to work on another process. While
 * such a program starts and prepares, it gets the processor time that nobody else wants, so that it takes none from its
 * target. While a thread of the target waits for it, every thread of it has its ordinary priority: the thread that traces may
 * need the JVM's compiler or collector, or a lock that any thread holds. A library must not do this to the program that it
 * is part of; unless {@link #keepLow} is called, nothing is changed. Thread-safe.
 */
public final class ToolPriority {
    /** The lowest priority that still gets a share of a busy processor: a seventieth of that of an ordinary thread. */
    private static final int LOW = 19;
    private static final int HIGHEST = -20;
    /** getpriority(2) of the kernel returns 20 minus the nice value, so that no result is negative. */
    private static final int OFFSET = 20;

    private static final long LOOK_NANOS = 50_000_000;
    private static final long SELDOM_NANOS = 500_000_000;

    private static final Object LOCK = new Object();
    private static volatile boolean low;
    /** The threads' nice value before it was lowered. */
    private static int ordinary;
    /** The thread that keeps its priority, so that it can restore the others' on a busy machine. */
    private static int keeper;
    private static int sections;

    private ToolPriority() {}

    /** A time in which no thread has the low priority. */
    public static final class Section implements AutoCloseable {
        private Section() {}

        /** Ends it. To be called once. */
        @Override
        public void close() {
            leave();
        }
    }

    /**
     * Lowers the priority of all threads but the calling one, and restores it after some time, because on a busy machine the
     * program would not get on. Returns after that time, or at once where this process may not raise priorities again: that
     * takes CAP_SYS_NICE or RLIMIT_NICE. An interrupt of the thread ends the time. New threads have the priority of the threads
     * that start them.
     */
    public static void keepLow(long nanos) {
        if (!lower()) {
            return;
        }
        long end = System.nanoTime() + nanos;
        while (System.nanoTime() - end < 0 && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(ToolPriority.class, end - System.nanoTime());
        }
        synchronized (LOCK) {
            low = false;
            set(ordinary);
        }
    }

    /**
     * As {@link #keepLow}, but never returns before the thread is interrupted: when the threads hardly get a processor, it raises
     * their priority, at once to the ordinary one, and then to the highest, until they have little to do. Others, who may keep
     * all processors busy, are not to slow down a program that works for everybody; they lose the processors meanwhile. The
     * calling thread gets the highest priority. Nothing is raised where the kernel does not tell how long threads wait.
     */
    public static void raiseWhileStarved(long lowNanos) {
        if (!lower()) {
            return;
        }
        syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, HIGHEST);
        ThreadShares shares = new ThreadShares();
        long began = System.nanoTime();
        int now = LOW;
        while (!Thread.currentThread().isInterrupted()) {
            boolean starting = System.nanoTime() - began < lowNanos;
            LockSupport.parkNanos(ToolPriority.class, starting ? LOOK_NANOS : SELDOM_NANOS);
            shares.look();
            int next = now;
            if (shares.areStarved()) {
                // Who has started the program with a low priority has meant it.
                next = now == LOW || ordinary > 0 ? ordinary : HIGHEST;
            } else if (now == LOW ? !starting : shares.areIdle()) {
                next = ordinary;
            }
            if (next != now) {
                synchronized (LOCK) {
                    low = false;
                    set(next);
                }
                now = next;
            }
        }
    }

    /** Lowers the priority of all threads but the calling one; whether that is done, and may be taken back. */
    private static boolean lower() {
        synchronized (LOCK) {
            if (low || !canRaise()) {
                return false;
            }
            keeper = Processes.currentThread();
            low = true;
            if (sections == 0) {
                set(LOW);
            }
            return true;
        }
    }

    /** Gives all threads their ordinary priority until the section is closed. Sections may overlap. */
    public static Section ordinary() {
        synchronized (LOCK) {
            sections++;
            if (low && sections == 1) {
                set(ordinary);
            }
        }
        return new Section();
    }

    private static void leave() {
        synchronized (LOCK) {
            sections--;
            if (low && sections == 0) {
                set(LOW);
            }
        }
    }

    /** Notes the nice value, and tries whether it can be lowered by one, which is what is to be permitted later. */
    private static boolean canRaise() {
        int nice = OFFSET - (int) syscall(Linux.SYS_getpriority(), Linux.PRIO_PROCESS(), 0, 0);
        if (nice == HIGHEST || nice >= LOW
                || syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, nice - 1) != 0) {
            return false;
        }
        syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, nice);
        ordinary = nice;
        return true;
    }

    /** Sets it for all threads. Threads that are created meanwhile may have inherited the other value, so it looks again. */
    private static void set(int nice) {
        try (Arena arena = Arena.ofConfined();
                TaskList threads = new TaskList((int) ProcessHandle.current().pid(), arena)) {
            boolean changed = true;
            while (changed) {
                changed = false;
                int count = threads.refresh();
                for (int i = 0; i < count; i++) {
                    changed |= threads.tid(i) != keeper && set(threads.tid(i), nice);
                }
            }
        }
    }

    /** Whether that changed it. A thread that has ended meanwhile needs no priority. */
    private static boolean set(int tid, int nice) {
        return syscall(Linux.SYS_getpriority(), Linux.PRIO_PROCESS(), tid, 0) != OFFSET - nice
                && syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), tid, nice) == 0;
    }
}
