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
     */
    record Call(long number, int first, long second) {
        boolean isInterrupt() {
            return number == SYS_PTRACE && first == PTRACE_INTERRUPT;
        }

        boolean isRegisters() {
            return number == SYS_PTRACE && first == PTRACE_GETREGS;
        }

        boolean isDetach() {
            return number == SYS_PTRACE && first == PTRACE_DETACH;
        }

        /** Whether it asks for the highest priority, which begins a stop of a whole process. */
        boolean isRaise() {
            return number == SYS_SCHED_SETSCHEDULER && second != SCHED_OTHER;
        }

        /** Whether it gives that back, which is the end of the stop. */
        boolean isRestore() {
            return number == SYS_SCHED_SETSCHEDULER && second == SCHED_OTHER;
        }

        @Override
        public String toString() {
            return dev.pulpo.ffm.SystemCallNames.of(number).orElse("?") + "(" + first + ", " + second + ")";
        }
    }

    Watch(int pid, At at) {
        String tracer = "pulpo-tracer-" + pid;
        install((call, second) -> {
            if (Thread.currentThread().getName().equals(tracer)) {
                at.call(new Call(call >>> 32, (int) call, second));
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
        boolean[] raised = new boolean[1];
        boolean[] begun = new boolean[1];
        return new Watch((call, second) -> {
            if (Thread.currentThread().getName().equals(tracer)) {
                if (call >>> 32 == SYS_SCHED_SETSCHEDULER) {
                    if (begun[0]) {
                        end.run();
                    }
                    raised[0] = second != SCHED_OTHER;
                    begun[0] = false;
                } else if (raised[0] && !begun[0]) {
                    begun[0] = true;
                    begin.run();
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
