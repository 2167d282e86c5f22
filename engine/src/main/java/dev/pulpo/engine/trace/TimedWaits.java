package dev.pulpo.engine.trace;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SchedulerFigures;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitingCall;
import dev.pulpo.x86.RegisterScan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Threads that wait in {@code epoll_wait} with a timeout. A stop ends such a call with EINTR, the kernel does not restart
 * it, and forgets how much of the timeout was left. To wake the thread at the right time, one must know how long it has
 * waited. A look before the stop can tell, because the scheduler knows when the thread last ran.
 *
 * <p>The call is repeated with the remaining time as its timeout, if that is certain and the program cannot tell the
 * difference: the kernel preserves {@code r10}, so code after the call might read it. Otherwise the call is repeated with
 * its full timeout, and the thread wakes late.
 *
 * <p>For one tracer thread. Between {@link #look} and the release nothing is allocated.
 */
public final class TimedWaits {
    /** Fourth argument, in {@code r10}: the timeout in milliseconds, as an int; negative for none (epoll_wait(2)). */
    private static final int TIMEOUT = 3;
    private static final int R10 = 10;
    /** How much code after the call is read. */
    private static final int CODE_BYTES = 512;
    /** How long offsets of CPU clocks stay valid: the clocks drift by the time that a hypervisor steals. */
    private static final long CLOCK_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** The clocks of this many CPUs are read in a millisecond or two. */
    private static final int FEW_CPUS = 16;
    private static final long NANOS_PER_MILLI = 1_000_000;
    /** How proc_pid_fd(5) shows an epoll instance. */
    private static final String EVENT_POLL = "anon_inode:[eventpoll]";
    private static final int CALLS_OF_A_LOOK = 3;
    /** Looking at fewer threads is faster than reading a directory. */
    private static final int MANY_THREADS = 8;

    private final WaitingCall call;
    private final SchedulerFigures figures;
    private final MemorySegment code;
    private final int processors = Runtime.getRuntime().availableProcessors();
    private final int self = (int) ProcessHandle.current().pid();
    private final Map<Long, Boolean> replaceable = new HashMap<>();

    private int[] tids = new int[16];
    private int[] cpus = new int[16];
    private long[] slept = new long[16];
    private long[] ran = new long[16];
    private long[] switches = new long[16];
    private long[] waits = new long[16];
    private long[] delays = new long[16];
    private int count;
    private int next;
    private int pid;
    private boolean waiting;
    private boolean possible;

    private long[] offsets = new long[0];
    private long[] offsetsTaken = new long[0];

    TimedWaits(Arena arena) {
        call = new WaitingCall(arena);
        figures = new SchedulerFigures(arena);
        code = arena.allocate(CODE_BYTES);
    }

    /** Forgets all threads; the next ones belong to this process. */
    public void begin(int pid) {
        this.pid = pid;
        possible = true;
        count = 0;
        next = 0;
        replaceable.clear();
    }

    /**
     * As {@link #begin(int)}, for all threads of the process. Where it has more threads than files, looking for an open
     * epoll instance takes fewer system calls; if it has none, no thread is looked at.
     *
     * @param tid     a live thread
     * @param threads number of threads
     */
    public void begin(int pid, int tid, int threads) {
        begin(pid);
        possible = threads < MANY_THREADS
                || ProcFs.hasOpen(pid, tid, EVENT_POLL, CALLS_OF_A_LOOK * (threads - MANY_THREADS));
    }

    /** Looks at a running thread, right before its stop. */
    public void look(int tid, TraceeMemory memory, Scheduling scheduling) {
        if (!possible) {
            return;
        }
        waiting = call.read(pid, tid);
        if (!waiting || !SystemCalls.waitsForEvents(call.number()) || (int) call.argument(TIMEOUT) <= 0
                || !replaceable.computeIfAbsent(call.programCounter(), pc -> isReplaceable(pc, memory))
                || !figures.read(pid, tid)) {
            return;
        }
        if (count == tids.length) {
            grow();
        }
        tids[count] = tid;
        slept[count] = figures.lastRan();
        ran[count] = figures.runTime();
        switches[count] = figures.switches();
        waits[count] = figures.waits();
        delays[count] = figures.delay(pid, tid);
        cpus[count] = figures.cpu(pid, tid);
        if (cpus[count] >= 0) {
            prepareClocks(cpus[count], scheduling);
            count++;
        }
    }

    /** Whether the last thread waits in a call that the kernel restarts by a restart block (restart_syscall(2)). */
    public boolean isInRestartableSleep() {
        return waiting && SystemCalls.keepsRestartBlock((int) call.number(), call.argument(1), call.argument(TIMEOUT));
    }

    private boolean isReplaceable(long programCounter, TraceeMemory memory) {
        int length = (int) memory.readSome(new RemoteAddress(programCounter), code);
        return RegisterScan.isUnread(code.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), R10);
    }

    private void grow() {
        tids = Arrays.copyOf(tids, 2 * count);
        cpus = Arrays.copyOf(cpus, 2 * count);
        slept = Arrays.copyOf(slept, 2 * count);
        ran = Arrays.copyOf(ran, 2 * count);
        switches = Arrays.copyOf(switches, 2 * count);
        waits = Arrays.copyOf(waits, 2 * count);
        delays = Arrays.copyOf(delays, 2 * count);
    }

    /** A thread may wake on another CPU. With many CPUs that is rare. */
    private void prepareClocks(int cpu, Scheduling scheduling) {
        prepareClock(cpu, scheduling);
        for (int other = 0; other < processors && processors <= FEW_CPUS; other++) {
            prepareClock(other, scheduling);
        }
    }

    private void prepareClock(int cpu, Scheduling scheduling) {
        if (cpu >= offsets.length) {
            offsets = Arrays.copyOf(offsets, cpu + 1);
            offsetsTaken = Arrays.copyOf(offsetsTaken, cpu + 1);
        }
        long now = System.nanoTime();
        if (offsetsTaken[cpu] == 0 || now - offsetsTaken[cpu] > CLOCK_NANOS) {
            // On a contended CPU an ordinary thread would wait for its turn.
            Scheduling.Level level = scheduling.raise();
            try {
                offsets[cpu] = figures.clockOffset(self, cpu);
            } finally {
                scheduling.restore(level);
            }
            offsetsTaken[cpu] = now;
        }
    }

    /**
     * Sets the timeout of the call that a stopped thread will repeat to the remaining time, if that is known.
     *
     * @param registers   of the thread, before they are {@linkplain SystemCalls#rewind rewound}
     * @param interrupted when it was asked to stop, on the scale of {@link System#nanoTime}
     */
    void shorten(int tid, Registers registers, long interrupted) {
        long end = end(tid, registers, interrupted);
        if (end != Long.MAX_VALUE) {
            shortenTo(end, registers);
        }
    }

    /** Sets the timeout to the time until {@code end}, on the scale of {@link System#nanoTime}. */
    public static void shortenTo(long end, Registers registers) {
        long left = Math.max(0, end - System.nanoTime());
        registers.r10((left + NANOS_PER_MILLI - 1) / NANOS_PER_MILLI);
    }

    /**
     * When the call of a stopped thread would have timed out, on the scale of {@link System#nanoTime}; {@link
     * Long#MAX_VALUE} where that is unknown. Parameters as for {@link #shorten}.
     */
    public long end(int tid, Registers registers, long interrupted) {
        int timeout = (int) registers.r10();
        int index = SystemCalls.waitsForEvents(registers.origRax()) && timeout > 0 ? indexOf(tid) : -1;
        // Since the look it has left its CPU voluntarily once: for the stop.
        if (index < 0 || !figures.read(pid, tid) || figures.waits() != waits[index] + 1) {
            return Long.MAX_VALUE;
        }
        long here = offset(figures.cpu(pid, tid));
        long there = offset(cpus[index]);
        long delay = figures.switches() == switches[index] + 1 ? 0 : delay(index);
        if (here == Long.MIN_VALUE || there == Long.MIN_VALUE || delay < 0) {
            return Long.MAX_VALUE;
        }
        // If it woke between the look and the interrupt, this is another call.
        long woken = figures.lastRan() - here - (figures.runTime() - ran[index]) - delay;
        return woken - interrupted < 0 ? Long.MAX_VALUE : slept[index] - there + timeout * NANOS_PER_MILLI;
    }

    /** How long the thread waited for a CPU since the look; -1 where unknown. */
    private long delay(int index) {
        long now = figures.delay(pid, tids[index]);
        return now < 0 || delays[index] < 0 ? -1 : now - delays[index];
    }

    private long offset(int cpu) {
        return cpu < 0 || cpu >= offsets.length || offsetsTaken[cpu] == 0 ? Long.MIN_VALUE : offsets[cpu];
    }

    /** Threads are released in the order of the looks. */
    private int indexOf(int tid) {
        for (int i = 0; i < count; i++) {
            int index = next + i < count ? next + i : next + i - count;
            if (tids[index] == tid) {
                next = index + 1;
                return index;
            }
        }
        return -1;
    }
}
