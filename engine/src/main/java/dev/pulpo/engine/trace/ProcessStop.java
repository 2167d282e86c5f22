package dev.pulpo.engine.trace;

import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.flight.StopEvent;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TaskList;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stop of a whole process, as short as ptrace allows. {@link #prepare} seizes all threads while they run. {@link #stop}
 * interrupts all of them first and waits for them afterwards. {@link #close} releases them. Between the first interrupt and
 * the last release nothing is allocated, unless the process creates threads faster than they can be counted. For the tracer
 * thread.
 *
 * <p>A thread found
 * <ul>
 * <li>about to get a signal gets it on release;
 * <li>stopped with its process is still stopped afterwards (ptrace(2), "Group-stop");
 * <li>waiting for a {@code vfork} child cannot stop, but cannot run before it has stopped, either; see {@link #isInVfork};
 * <li>exiting is not waited for;
 * <li>in a system call that the kernel does not restart after a stop repeats it.
 * </ul>
 */
public final class ProcessStop implements AutoCloseable {
    private static final int SPARE_THREADS = 64;
    private static final long RELEASE_NANOS = 5_000_000;
    private static final long PAUSE_NANOS = 10_000;

    private final int pid;
    private final TracerThread.Tools tools;
    private final Ptrace ptrace;
    private final TaskList list;
    private final ThreadTable threads;
    private final Arena arena;
    private Registers[] registers = new Registers[0];
    private boolean[] known = new boolean[0];
    private final @Nullable StopEvent event;
    private Scheduling.@Nullable Level raised;
    private boolean replaced;
    private List<Integer> late = List.of();
    private @Nullable Throwable failure;
    private int held;
    private long releaseBegan;
    private long began;
    private long ended;

    /** The result of {@link #stop}. */
    public enum StopResult {
        /** Every thread is stopped. */
        STOPPED,
        /** Some threads did not stop in time; see {@link #late}. */
        LATE,
        /** Stopping took the whole budget. */
        TOO_LONG,
        /** It has executed another program. */
        REPLACED
    }

    /**
     * Measurements of the stop.
     *
     * @param threads    number of stopped threads
     * @param duration   from the first interrupt to the last release
     * @param release    duration of the releases, in nanoseconds
     * @param scheduling the tracer's priority during the stop
     */
    public record Figures(int threads, Duration duration, long release, Scheduling.Level scheduling) {}

    /** Opens the thread list; stops nothing. */
    @SuppressWarnings("MustBeClosed") // by close(), or by openList where that fails
    public ProcessStop(int pid, TracerThread.Tools tools) {
        this.pid = pid;
        this.tools = tools;
        ptrace = tools.ptrace();
        arena = Arena.ofConfined();
        list = openList(pid, arena);
        threads = tableFor(list, arena);
        event = Flight.isOn() && !OwnChild.isOwnChild(pid) ? new StopEvent(pid) : null;
    }

    private static ThreadTable tableFor(TaskList list, Arena arena) {
        try {
            return new ThreadTable(list.threadCount());
        } catch (RuntimeException | Error failed) {
            list.close();
            arena.close();
            throw failed;
        }
    }

    private static TaskList openList(int pid, Arena arena) {
        try {
            return new TaskList(pid, arena);
        } catch (SystemCallException e) {
            arena.close();
            throw TargetGoneException.unlessLimited(pid, e);
        }
    }

    /**
     * Seizes every thread, and records what each waits for. Stops none.
     *
     * @param memory of the process
     * @throws dev.pulpo.engine.AccessRefusedException where the process may not be traced
     */
    public void prepare(TraceeMemory memory) {
        boolean found;
        do {
            found = seizeNew();
        } while (found && !isSeized());
        if (threads.count() == 0) {
            throw new TargetGoneException(pid, "it has ended");
        }
        growRegisters();
        tools.pauses().expect(registers.length);
        tools.waits().begin(pid, threads.tid(threads.count() - 1), threads.count());
        for (int i = 0; i < threads.count(); i++) {
            tools.waits().look(threads.tid(i), memory, tools.scheduling());
        }
    }

    /** Allocates registers for every thread, and for some that may be created until all are stopped. */
    private void growRegisters() {
        int room = threads.count() + SPARE_THREADS;
        Registers[] more = Arrays.copyOf(registers, room);
        for (int i = registers.length; i < room; i++) {
            more[i] = new Registers(arena);
        }
        registers = more;
        known = Arrays.copyOf(known, room);
    }

    /**
     * Whether the stopped threads are all threads. Each belongs to the process, and no two are the same: if they are as many
     * as the kernel counts, none is missing. The kernel also counts exiting threads; then the list decides.
     */
    private boolean isComplete() {
        return list.threadCount() == stoppedThreads();
    }

    /** A guess while the process runs; {@link #stop} makes sure. */
    private boolean isSeized() {
        return list.threadCount() == threads.count(ThreadTable.SEIZED);
    }

    private boolean seizeNew() {
        boolean found = false;
        int listed = list.refresh();
        for (int i = 0; i < listed; i++) {
            int tid = list.tid(i);
            if (!threads.contains(tid)) {
                threads.add(tid, seize(tid));
                threads.since(threads.count() - 1, System.nanoTime());
                found = true;
            }
        }
        return found;
    }

    private byte seize(int tid) {
        int error = ptrace.seize(pid, tid, Ptrace.TRACE_CLONE | Ptrace.TRACE_EXEC);
        if (error == 0) {
            return ThreadTable.SEIZED;
        }
        // A thread that a seized thread has just created is traced already, and begins with a stop.
        if (error == Errno.EPERM && ProcFs.isTracedByCaller(pid, tid)) {
            return ThreadTable.STOPPING;
        }
        if (error == Errno.ESRCH || ProcFs.isZombie(pid, tid)) {
            return ThreadTable.GONE;
        }
        throw PtraceAccess.refused(pid, tid, error);
    }

    /**
     * Stops the process. Whatever the result, {@link #close} releases everything.
     *
     * @param deadline on the scale of {@link System#nanoTime}
     * @param budget   of the whole stop
     */
    public StopResult stop(long deadline, PauseBudget budget) {
        if (event != null) {
            event.begin();
        }
        raised = tools.scheduling().raise();
        budget.begin();
        began = System.nanoTime();
        do {
            for (int i = 0; i < threads.count(); i++) {
                if (threads.state(i) == ThreadTable.SEIZED) {
                    threads.since(i, System.nanoTime());
                    threads.state(i, ptrace.interrupt(threads.tid(i)) == 0 ? ThreadTable.STOPPING : ThreadTable.GONE);
                }
            }
            StopResult result = awaitStops(deadline, budget);
            if (result != StopResult.STOPPED) {
                return result;
            }
        } while (!isComplete() && seizeNew());
        if (threads.count() > registers.length) {
            growRegisters();
        }
        budget.allStand();
        return replaced ? StopResult.REPLACED : StopResult.STOPPED;
    }

    private StopResult awaitStops(long deadline, PauseBudget budget) {
        for (int i = 0; i < threads.count(); i++) {
            while (threads.state(i) == ThreadTable.STOPPING && !collect(i, true)) {
                lookAtUnstopped(i);
                if (budget.isSpent()) {
                    return StopResult.TOO_LONG;
                }
                if (System.nanoTime() - deadline > 0) {
                    return StopResult.LATE;
                }
            }
            if (budget.isSpent()) {
                return StopResult.TOO_LONG;
            }
        }
        return StopResult.STOPPED;
    }

    /**
     * Collects the thread's stop or exit, if there is one.
     *
     * @param wait whether to wait some milliseconds for it
     */
    private boolean collect(int index, boolean wait) {
        int tid = threads.tid(index);
        int word;
        try {
            word = wait ? ptrace.awaitWordBriefly(tid) : ptrace.pollWord(tid);
        } catch (SystemCallException notTraced) {
            if (notTraced.errno() != Errno.ECHILD) {
                throw notTraced;
            }
            threads.state(index, ThreadTable.GONE);
            return true;
        }
        if (word == Ptrace.NOTHING) {
            return false;
        }
        if ((word & 0x7f) != 0x7f) {
            threads.state(index, ThreadTable.GONE);
            return true;
        }
        int event = word >>> 16;
        if (event == 0) {
            threads.signal(index, word >> 8 & 0xff);
        } else if (event == Ptrace.EVENT_EXEC) {
            replaced = true;
        }
        threads.state(index, ThreadTable.STOPPED);
        return true;
    }

    /** Some threads never report in time: a zombie leader never does, and a vfork parent stops when its child lets it. */
    private void lookAtUnstopped(int index) {
        char state = list.state(threads.tid(index));
        if (isOver(state)) {
            noteEnd(index);
        } else if (state == 'D') {
            threads.state(index, ThreadTable.IN_VFORK);
        }
    }

    private List<Integer> stillRunning() {
        List<Integer> tids = new ArrayList<>();
        for (int i = 0; i < threads.count(); i++) {
            if (threads.state(i) == ThreadTable.STOPPING) {
                tids.add(threads.tid(i));
            }
        }
        return tids;
    }

    /** Number of threads to look at with {@link #readRegisters}; some may have ended. */
    public int size() {
        return threads.count();
    }

    public int tid(int index) {
        return threads.tid(index);
    }

    /** Whether the thread is in a ptrace-stop, so that its registers can be read. */
    public boolean isStopped(int index) {
        return threads.state(index) == ThreadTable.STOPPED;
    }

    /** Whether the thread waits in the kernel for a vfork child: it can neither stop nor run. */
    public boolean isInVfork(int index) {
        return threads.state(index) == ThreadTable.IN_VFORK;
    }

    /** The id of a thread in a ptrace-stop, or 0. */
    public int anyStopped() {
        for (int i = 0; i < threads.count(); i++) {
            if (isStopped(i)) {
                return threads.tid(i);
            }
        }
        return 0;
    }

    /** Number of threads that cannot run. */
    private int stoppedThreads() {
        return threads.count(ThreadTable.STOPPED) + threads.count(ThreadTable.IN_VFORK);
    }

    /**
     * Reads a stopped thread's registers.
     *
     * @return false where the thread has been killed
     */
    public boolean readRegisters(int index) {
        int error = ptrace.readRegisters(threads.tid(index), registers[index]);
        if (error == Errno.ESRCH) {
            threads.state(index, ThreadTable.GONE);
        } else if (error != 0) {
            throw new SystemCallException("ptrace(PTRACE_GETREGS, " + threads.tid(index) + ")", error);
        }
        known[index] = error == 0;
        return known[index];
    }

    /** The registers that {@link #readRegisters} has read; not to be changed. */
    public Registers registers(int index) {
        return registers[index];
    }

    /** Single-steps a stopped thread. */
    public void step(int index) {
        int tid = threads.tid(index);
        int signal = threads.signal(index);
        threads.signal(index, 0);
        known[index] = false;
        if (ptrace.step(tid, signal) != 0) {
            return;
        }
        threads.state(index, ThreadTable.STOPPING);
        while (threads.state(index) == ThreadTable.STOPPING && !collect(index, true)) {
            if (isOver(list.state(tid))) {
                noteEnd(index);
            }
        }
        if (threads.signal(index) == Signals.SIGTRAP) {
            // The end of the step.
            threads.signal(index, 0);
        }
    }

    private static boolean isOver(char state) {
        return state == 'Z' || state == 'X' || state == ProcFs.NO_SUCH_THREAD;
    }

    private void noteEnd(int index) {
        threads.state(index, ThreadTable.GONE);
        ptrace.leaveEnd(threads.tid(index));
    }

    /** The threads that had not stopped when the others were released. Known after {@link #close}. */
    public List<Integer> late() {
        return late;
    }

    /** Known after {@link #close}. */
    public Figures figures() {
        Scheduling.Level level = raised;
        return new Figures(held, Duration.ofNanos(ended - began), ended - releaseBegan,
                level == null ? Scheduling.Level.NONE : level);
    }

    /**
     * Releases all threads. Threads in {@code vfork} stay seized until the tracer thread ends. So do threads whose release
     * fails: the others are released first, then the failure is thrown.
     */
    @Override
    public void close() {
        releaseBegan = System.nanoTime();
        held = stoppedThreads();
        for (int i = 0; i < threads.count(); i++) {
            if (threads.state(i) == ThreadTable.STOPPED) {
                tryRelease(i);
            }
        }
        ended = System.nanoTime();
        try {
            Scheduling.Level level = raised;
            if (level != null) {
                tools.scheduling().restore(level);
            }
            late = stillRunning();
            releaseUnstopped();
        } finally {
            list.close();
            arena.close();
        }
        if (event != null && began != 0) {
            event.ended(held, ended - began, ended - releaseBegan);
        }
        rethrow();
    }

    private void rethrow() {
        switch (failure) {
            case null -> {
                // All have been released.
            }
            case Error error -> throw error;
            case RuntimeException unchecked -> throw unchecked;
            default -> throw new IllegalStateException(failure);
        }
    }

    private void tryRelease(int index) {
        try {
            release(index);
            tools.pauses().together(threads.tid(index), threads.since(index), System.nanoTime());
        } catch (RuntimeException | Error failed) {
            failure = failed;
        }
    }

    private void release(int index) {
        int tid = threads.tid(index);
        if (!known[index] && ptrace.readRegisters(tid, registers[index]) != 0) {
            // It was killed; there is nothing to restore.
            ptrace.detach(tid, threads.signal(index));
        } else {
            Release.detach(ptrace, tools.waits(), tid, registers[index], threads.signal(index), threads.since(index));
        }
    }

    /** If {@link #stop} failed or was never called, threads are seized but run: each is stopped first, to be released. */
    private void releaseUnstopped() {
        if (threads.count() > registers.length) {
            growRegisters();
        }
        long limit = System.nanoTime() + RELEASE_NANOS;
        for (int i = 0; i < threads.count(); i++) {
            byte state = threads.state(i);
            if (state == ThreadTable.SEIZED && ptrace.interrupt(threads.tid(i)) == 0) {
                state = ThreadTable.STOPPING;
                threads.state(i, state);
            }
            while (state == ThreadTable.STOPPING && !collect(i, false) && System.nanoTime() - limit < 0) {
                tools.pause().nanos(PAUSE_NANOS);
            }
            if (threads.state(i) == ThreadTable.STOPPED && state != ThreadTable.STOPPED) {
                tryRelease(i);
                threads.state(i, ThreadTable.GONE);
            } else if (threads.state(i) == ThreadTable.STOPPING) {
                tools.late().add(threads.tid(i), threads.since(i));
            }
        }
    }

    /** Whether threads are still traced, so that only the end of the tracer thread releases them. */
    public boolean hasUnreleased() {
        return threads.count(ThreadTable.IN_VFORK) + threads.count(ThreadTable.STOPPING) > 0 || tools.hasUnreleased();
    }
}
