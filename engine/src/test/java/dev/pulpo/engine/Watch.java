package dev.pulpo.engine;

import java.lang.reflect.Field;
import java.util.function.LongBinaryOperator;

/**
 * Watches the system calls that the tracer threads of one target make, and does something at some of them, as nothing but
 * bad luck would otherwise. One at a time.
 */
final class Watch implements AutoCloseable {
    /** asm/unistd_64.h. */
    private static final long SYS_PTRACE = 101;
    private static final long SYS_SCHED_SETSCHEDULER = 144;
    /** linux/ptrace.h. */
    private static final int PTRACE_GETREGS = 12;
    private static final int PTRACE_DETACH = 17;
    private static final int PTRACE_SEIZE = 0x4206;
    private static final int PTRACE_INTERRUPT = 0x4207;
    /** linux/sched.h. */
    private static final long SCHED_OTHER = 0;

    /** What happens before a call of a tracer thread; it may throw. */
    @FunctionalInterface
    interface At {
        void call(Call call);
    }

    /**
     * A call that is about to be made.
     *
     * @param number of the system call
     * @param first  its first argument, a ptrace request for example; the lower half
     * @param second its second argument
     * @param phase  what it means for stops of the whole process
     */
    record Call(long number, int first, long second, Phase phase) {
        /** Whether it is the first interrupt of a stop of the whole process. */
        boolean beginsStop() {
            return phase == Phase.BEGINS;
        }

        /** Whether it gives back the highest priority, which is the end of such a stop. */
        boolean endsStop() {
            return phase == Phase.ENDS;
        }

        boolean isInterrupt() {
            return number == SYS_PTRACE && first == PTRACE_INTERRUPT;
        }

        boolean isRegisters() {
            return number == SYS_PTRACE && first == PTRACE_GETREGS;
        }

        boolean isDetach() {
            return number == SYS_PTRACE && first == PTRACE_DETACH;
        }

        @Override
        public String toString() {
            return dev.pulpo.ffm.SystemCallNames.of(number).orElse("?") + "(" + first + ", " + second + ")";
        }
    }

    /** What a call means for stops of the whole process. */
    private enum Phase {
        BEGINS, ENDS, OTHER
    }

    /**
     * Tells stops of the whole process from loans of one thread. Either is made at the highest priority. For a stop all threads
     * have been seized before; a loan seizes its thread then. Makes no object.
     */
    private static final class Stops {
        private boolean raised;
        private boolean begun;

        Phase phase(long number, int first, long second) {
            if (number == SYS_SCHED_SETSCHEDULER) {
                Phase phase = begun ? Phase.ENDS : Phase.OTHER;
                raised = second != SCHED_OTHER;
                begun = false;
                return phase;
            }
            if (raised && !begun && number == SYS_PTRACE && first == PTRACE_SEIZE) {
                raised = false;
            } else if (raised && !begun && number == SYS_PTRACE && first == PTRACE_INTERRUPT) {
                begun = true;
                return Phase.BEGINS;
            }
            return Phase.OTHER;
        }
    }

    Watch(int pid, At at) {
        String tracer = "pulpo-tracer-" + pid;
        Stops stops = new Stops();
        install((call, second) -> {
            if (Thread.currentThread().getName().equals(tracer)) {
                at.call(new Call(call >>> 32, (int) call, second, stops.phase(call >>> 32, (int) call, second)));
            }
            return 0;
        });
    }

    private Watch(LongBinaryOperator watcher) {
        install(watcher);
    }

    /** Does something at the first interrupt of each stop of the whole process, and behind its last release; makes no object. */
    static Watch ofStops(int pid, Runnable begin, Runnable end) {
        String tracer = "pulpo-tracer-" + pid;
        Stops stops = new Stops();
        return new Watch((call, second) -> {
            if (Thread.currentThread().getName().equals(tracer)) {
                switch (stops.phase(call >>> 32, (int) call, second)) {
                    case BEGINS -> begin.run();
                    case ENDS -> end.run();
                    case OTHER -> {
                        // Within a stop, or outside of any.
                    }
                }
            }
            return 0;
        });
    }

    /** The product offers it to nobody but tests, which are in other packages. */
    private static void install(@org.jspecify.annotations.Nullable LongBinaryOperator watcher) {
        try {
            Field field = Class.forName("dev.pulpo.ffm.NativeCalls").getDeclaredField("watcher");
            field.setAccessible(true);
            field.set(null, watcher);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("nobody watches system calls", e);
        }
    }

    @Override
    public void close() {
        install(null);
    }
}
