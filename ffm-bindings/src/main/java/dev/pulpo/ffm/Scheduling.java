package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.sched_param;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Raises the calling thread above ordinary ones for the length of a stop (sched(7)), so that the threads released first
 * do not push the tracer aside before it has released the others. Not thread-safe; raise and restore on one thread.
 */
public final class Scheduling {
    /** How far the thread could be raised. */
    public enum Level {
        /** {@code SCHED_FIFO}, priority 1. */
        REAL_TIME,
        /** Ordinary, with a nice value of -20. */
        NICE,
        /** Not at all: neither was permitted. */
        NONE
    }

    private static final int HIGHEST_NICE = -20;

    private final MemorySegment parameter;

    public Scheduling(Arena arena) {
        parameter = arena.allocate(sched_param.layout());
    }

    /** Raises the calling thread as far as it may be. Children do not inherit it. */
    public Level raise() {
        sched_param.sched_priority(parameter, 1);
        int policy = Linux.SCHED_FIFO() | Linux.SCHED_RESET_ON_FORK();
        if (syscall(Linux.SYS_sched_setscheduler(), 0, policy, parameter.address()) == 0) {
            return Level.REAL_TIME;
        }
        return syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, HIGHEST_NICE) == 0 ? Level.NICE : Level.NONE;
    }

    /** Back to ordinary scheduling, from the level that {@link #raise} returned. */
    public void restore(Level level) {
        switch (level) {
            case REAL_TIME -> {
                sched_param.sched_priority(parameter, 0);
                NativeCalls.check("sched_setscheduler(SCHED_OTHER)",
                        syscall(Linux.SYS_sched_setscheduler(), 0, Linux.SCHED_OTHER(), parameter.address()));
            }
            case NICE -> NativeCalls.check("setpriority(0)",
                    syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, 0));
            case NONE -> {
                // Nothing was changed.
            }
        }
    }
}
