package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * When a thread ran last: {@code /proc/PID/task/TID/sched} (the kernel's {@code kernel/sched/debug.c},
 * {@code proc_sched_show_task}; there is no manual page), and on which CPU: {@code stat} (proc_pid_stat(5)). Reading
 * allocates nothing. Not thread-safe.
 *
 * <p>The times are those of the clock that the scheduler keeps for each CPU ({@code rq_clock_task}): it excludes the time
 * that a hypervisor or interrupts took, so the clocks of two CPUs differ from each other and from
 * {@link System#nanoTime}.
 */
public final class SchedulerFigures {
    /** The most CPUs of a kernel for x86-64 (CONFIG_NR_CPUS). */
    private static final int CPU_SET_BYTES = 8192 / Byte.SIZE;
    private static final byte[] LAST_RAN = name("se.exec_start");
    private static final byte[] RUN_TIME = name("se.sum_exec_runtime");
    private static final byte[] SWITCHES = name("nr_switches");
    private static final byte[] VOLUNTARY = name("nr_voluntary_switches");
    /** {@code processor} is field 39 of {@code stat}; the state after the name is field 3. */
    private static final int FIELDS_TO_CPU = 39 - 3;
    private static final int SAMPLES = 2;

    private final ThreadFile figures;
    private final ThreadFile stat;
    private final ThreadFile delays;
    private final Pause pause;
    private final MemorySegment before;
    private final MemorySegment one;
    private long lastRan;
    private long runTime;
    private long switches;
    private long waits;

    public SchedulerFigures(Arena arena) {
        figures = new ThreadFile("sched", arena);
        stat = new ThreadFile("stat", arena);
        delays = new ThreadFile("schedstat", arena);
        pause = new Pause(arena);
        before = arena.allocate(CPU_SET_BYTES, Long.BYTES);
        one = arena.allocate(CPU_SET_BYTES, Long.BYTES);
    }

    private static byte[] name(String name) {
        return name.getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads a thread's figures. False if there are none: the thread has ended, or the kernel does not provide them. */
    public boolean read(int pid, int tid) {
        lastRan = 0;
        waits = 0;
        if (!figures.read(pid, tid)) {
            return false;
        }
        for (int line = 0; line < figures.length() && waits == 0; line = figures.after('\n', line)) {
            int value = figures.after(':', line);
            if (figures.startsWith(LAST_RAN, line)) {
                lastRan = figures.decimal(value);
            } else if (figures.startsWith(RUN_TIME, line)) {
                runTime = figures.decimal(value);
            } else if (figures.startsWith(SWITCHES, line)) {
                switches = figures.decimal(value);
            } else if (figures.startsWith(VOLUNTARY, line)) {
                waits = figures.decimal(value);
            }
        }
        return lastRan != 0 && waits != 0;
    }

    /** When it last ran, in nanoseconds of the CPU's own clock; while it waits, when it began to wait. */
    public long lastRan() {
        return lastRan;
    }

    /** How long it has run since its creation, in nanoseconds. */
    public long runTime() {
        return runTime;
    }

    /** How often it has left a CPU. */
    public long switches() {
        return switches;
    }

    /** How often it left a CPU voluntarily, to wait for something or to stop. */
    public long waits() {
        return waits;
    }

    /**
     * How long a runnable thread has waited for a CPU since its creation, in nanoseconds, from {@code schedstat} (the
     * kernel's {@code Documentation/scheduler/sched-stats.rst}); -1 if unknown.
     */
    public long delay(int pid, int tid) {
        return delays.read(pid, tid) ? delays.decimal(delays.after(' ', 0)) : -1;
    }

    /** The CPU that a thread runs on or ran on last; -1 if unknown. */
    public int cpu(int pid, int tid) {
        if (!stat.read(pid, tid)) {
            return -1;
        }
        int at = 0;
        for (int next = stat.after(')', 0); next < stat.length(); next = stat.after(')', next)) {
            at = next;
        }
        at++;
        for (int field = 0; field < FIELDS_TO_CPU; field++) {
            at = stat.after(' ', at);
        }
        return at < stat.length() ? (int) stat.decimal(at) : -1;
    }

    /**
     * How far a CPU's clock is ahead of {@link System#nanoTime}, measured by running there for a moment. The result
     * exceeds the true value by at most the clocks' resolution; it is too small by as long as this thread was preempted
     * between the two readings.
     *
     * @param pid this process
     * @return {@link Long#MIN_VALUE} if this thread may not run there, or the kernel does not provide figures
     */
    public long clockOffset(int pid, int cpu) {
        if (cpu < 0 || cpu >= CPU_SET_BYTES * Byte.SIZE
                || NativeCalls.isError(syscall(Linux.SYS_sched_getaffinity(), 0, CPU_SET_BYTES, before.address()))) {
            return Long.MIN_VALUE;
        }
        one.fill((byte) 0);
        one.set(ValueLayout.JAVA_BYTE, cpu / Byte.SIZE, (byte) (1 << cpu % Byte.SIZE));
        if (NativeCalls.isError(syscall(Linux.SYS_sched_setaffinity(), 0, CPU_SET_BYTES, one.address()))) {
            return Long.MIN_VALUE;
        }
        long offset = Long.MIN_VALUE;
        try {
            int self = Processes.currentThread();
            for (int i = 0; i < SAMPLES; i++) {
                // After a sleep the kernel updates the figures.
                pause.nanos(1);
                long now = System.nanoTime();
                if (read(pid, self)) {
                    offset = Math.max(offset, lastRan - now);
                }
            }
        } finally {
            syscall(Linux.SYS_sched_setaffinity(), 0, CPU_SET_BYTES, before.address());
        }
        return offset;
    }
}
