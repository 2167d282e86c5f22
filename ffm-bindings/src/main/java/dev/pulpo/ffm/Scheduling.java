package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.sched_param;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Raises the priority of the calling thread for the time of a stop (sched(7)), so that the threads released first do not
 * preempt the tracer before it has released the others. Not thread-safe; raise and restore on one thread.
 */
public final class Scheduling {
    /** The priority that the thread got. */
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
    private final int policy;
    private int depth;
    private Level held = Level.NONE;
    private int nice;

    /** @param raises whether to raise at all; otherwise the same calls ask for what the thread has */
    public Scheduling(Arena arena, boolean raises) {
        parameter = arena.allocate(sched_param.layout());
        policy = raises ? Linux.SCHED_FIFO() : Linux.SCHED_OTHER();
    }

    /**
     * Raises the calling thread as far as permitted; if it is raised already, it stays so until the outermost {@link
     * #restore}. Children do not inherit the priority.
     */
    public Level raise() {
        if (depth == 0) {
            held = raiseNow();
        }
        depth++;
        return held;
    }

    private Level raiseNow() {
        sched_param.sched_priority(parameter, policy == Linux.SCHED_FIFO() ? 1 : 0);
        if (syscall(Linux.SYS_sched_setscheduler(), 0, policy | Linux.SCHED_RESET_ON_FORK(),
                parameter.address()) == 0) {
            return Level.REAL_TIME;
        }
        // getpriority(2) of the kernel returns 20 minus the nice value.
        nice = 20 - (int) syscall(Linux.SYS_getpriority(), Linux.PRIO_PROCESS(), 0, 0);
        return syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, HIGHEST_NICE) == 0 ? Level.NICE : Level.NONE;
    }

    /** Restores ordinary scheduling from the level that {@link #raise} returned. */
    public void restore(Level level) {
        if (--depth > 0) {
            return;
        }
        switch (level) {
            case REAL_TIME -> {
                sched_param.sched_priority(parameter, 0);
                NativeCalls.check("sched_setscheduler(SCHED_OTHER)",
                        syscall(Linux.SYS_sched_setscheduler(), 0, Linux.SCHED_OTHER(), parameter.address()));
            }
            case NICE -> NativeCalls.check("setpriority",
                    syscall(Linux.SYS_setpriority(), Linux.PRIO_PROCESS(), 0, nice));
            case NONE -> {
                // Nothing was changed.
            }
        }
    }
}
