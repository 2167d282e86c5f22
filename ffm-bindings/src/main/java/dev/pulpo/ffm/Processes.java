package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;

/** Small calls about processes. */
public final class Processes {
    private Processes() {}

    /** Sends a signal (kill(2)). */
    public static void kill(int pid, int signal) {
        check("kill(" + pid + ", " + Signals.name(signal) + ")", syscall(Linux.SYS_kill(), pid, signal, 0));
    }

    /** Whether there is such a process, be it a zombie. */
    public static boolean exists(int pid) {
        return syscall(Linux.SYS_kill(), pid, 0, 0) != -Errno.ESRCH;
    }

    /** The effective user id of this process. */
    public static int effectiveUser() {
        return (int) syscall(Linux.SYS_geteuid(), 0, 0, 0);
    }

    /** The kernel's id of the calling thread. */
    public static int currentThread() {
        return (int) syscall(Linux.SYS_gettid(), 0, 0, 0);
    }
}
