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

    /** Reads the call of a thread. False if it does not wait in a system call, has ended, or may not be read. */
    public boolean read(int pid, int tid) {
        if (!file.read(pid, tid) || file.at(0) < '0' || file.at(0) > '9') {
            return false;
        }
        number = file.decimal(0);
        int at = file.after(' ', 0);
        for (int i = 0; i < ARGUMENTS; i++) {
            arguments[i] = file.hexadecimal(at);
            at = file.after(' ', at);
        }
        // The stack pointer comes first.
        programCounter = file.hexadecimal(file.after(' ', at));
        return true;
    }

    public long number() {
        return number;
    }

    /** An argument, counted from 0. */
    public long argument(int index) {
        return arguments[index];
    }

    /** The address after the {@code syscall} instruction. */
    public long programCounter() {
        return programCounter;
    }
}
