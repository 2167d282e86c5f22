package dev.pulpo.ffm;

import java.lang.foreign.Arena;

/**
 * The system call in which a thread waits, without stopping it: {@code /proc/PID/task/TID/syscall} (proc_pid_syscall(5)).
 * Reading allocates nothing. Not thread-safe.
 */
public final class WaitingCall {
    private static final int ARGUMENTS = 6;

    private final ThreadFile file;
    private final long[] arguments = new long[ARGUMENTS];
    private long number;
    private long programCounter;

    public WaitingCall(Arena arena) {
        file = new ThreadFile("syscall", arena);
    }

    /** Looks at a thread. False where it waits in no system call, has ended, or may not be looked at. */
    public boolean read(int pid, int tid) {
        if (!file.read(pid, tid) || file.at(0) < '0' || file.at(0) > '9') {
            return false;
        }
        number = file.decimal(0);
        int at = file.behind(' ', 0);
        for (int i = 0; i < ARGUMENTS; i++) {
            arguments[i] = file.hexadecimal(at);
            at = file.behind(' ', at);
        }
        // The stack pointer comes first.
        programCounter = file.hexadecimal(file.behind(' ', at));
        return true;
    }

    public long number() {
        return number;
    }

    /** An argument, counted from 0. */
    public long argument(int index) {
        return arguments[index];
    }

    /** The address behind the {@code syscall} instruction. */
    public long programCounter() {
        return programCounter;
    }
}
