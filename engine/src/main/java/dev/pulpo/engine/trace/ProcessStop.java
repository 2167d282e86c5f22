package dev.pulpo.engine.trace;

import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcFs;
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
 * The stop of a whole process, as short as ptrace allows: {@link #prepare} seizes all threads while they run,
 * {@link #stop} interrupts all of them first and waits for them afterwards, {@link #close} releases them. Between first
 * interrupt and last release nothing is allocated, unless the process makes threads faster than they can be counted.
 * To be used on the tracer thread.
 *
 * <p>What happens to a thread that is found
 * <ul>
 * <li>about to get a signal: it stays there, and gets the signal on release;
 * <li>stopped with its process: it is still stopped afterwards (ptrace(2), "Group-stop");
 * <li>waiting for a {@code vfork} child: it cannot stop, but it cannot run either before it has; see {@link #isHeld};
 * <li>exiting: it is not waited for;
 * <li>in a system call that the kernel does not restart after a stop: it is made to repeat it.
 * </ul>
 */
public final class ProcessStop implements AutoCloseable {
    private static final int SPARE_THREADS = 64;
    private static final long RELEASE_PATIENCE_NANOS = 5_000_000;
    private static final long PAUSE_NANOS = 10_000;

    private final int pid;
    private final TracerThread.Tools tools;
    private final Ptrace ptrace;
    private final TaskList list;
    private final ThreadTable threads;
    private final Arena arena;
    private Registers[] registers = new Registers[0];
    private boolean[] known = new boolean[0];
    private Scheduling.@Nullable Level raised;
    private boolean replaced;
    private List<Integer> late = List.of();
    private @Nullable Throwable failure;
    private int held;
    private long releaseBegan;
    private long began;
    private long ended;

    /** Whether the process stands. */
    public enum Standing {
        /** Every thread does. */
        STANDS,
        /** Some did not stop in time; see {@link #late}. */
        LATE,
        /** Stopping it took all the time that the stop may take. */
        TOO_LONG,
        /** It has executed another program. */
        REPLACED
    }

    /**
     * What the stop was like.
     *
     * @param threads    how many it held
     * @param duration   from the first interrupt to the last release
     * @param release    how much of that the releases took, in nanoseconds
     * @param scheduling how far the tracer was raised above other threads meanwhile
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
     * Seizes every thread there is, and looks at what each waits for. None is stopped by it.
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
        makeRoom();
        tools.waits().begin(pid, threads.tid(threads.count() - 1), threads.count());
        for (int i = 0; i < threads.count(); i++) {
            tools.waits().look(threads.tid(i), memory, tools.scheduling());
        }
    }

    /** For the registers of every thread, and of some that may be made until the process stands. */
    private void makeRoom() {
        int room = threads.count() + SPARE_THREADS;
        Registers[] more = Arrays.copyOf(registers, room);
        for (int i = registers.length; i < room; i++) {
            more[i] = new Registers(arena);
        }
        registers = more;
        known = Arrays.copyOf(known, room);
    }

    /**
     * Whether the threads that stand still are all there are. Each is one of the process's, and no two are the same: where
     * there are as many as the kernel counts, none is missing. Threads that are on their way out count, too, and then
     * the list has to tell.
     */
    private boolean isComplete() {
        return list.threadCount() == stoppedThreads();
    }

    /** As far as can be told while it runs; {@link #stop} makes sure. */
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
        // A thread that one of ours has just made is traced already, and begins with a stop.
        if (error == Errno.EPERM && ProcFs.isTracedByCaller(pid, tid)) {
            return ThreadTable.STOPPING;
        }
        if (error == Errno.ESRCH || ProcFs.isZombie(pid, tid)) {
            return ThreadTable.GONE;
        }
        throw Access.refused(pid, tid, error);
    }

    /**
     * Stops the process. Where it does not stand afterwards, everything is released by {@link #close} all the same.
     *
     * @param deadline on the scale of {@link System#nanoTime}
     * @param budget   for the whole stop
     */
    public Standing stop(long deadline, PauseBudget budget) {
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
            Standing standing = awaitStops(deadline, budget);
            if (standing != Standing.STANDS) {
                return standing;
            }
        } while (!isComplete() && seizeNew());
        if (threads.count() > registers.length) {
            makeRoom();
        }
        budget.allStand();
        return replaced ? Standing.REPLACED : Standing.STANDS;
    }

    private Standing awaitStops(long deadline, PauseBudget budget) {
        for (int i = 0; i < threads.count(); i++) {
            while (threads.state(i) == ThreadTable.STOPPING && !collect(i, true)) {
                lookAtMissing(i);
                if (budget.isSpent()) {
                    return Standing.TOO_LONG;
                }
                if (System.nanoTime() - deadline > 0) {
                    return Standing.LATE;
                }
            }
            if (budget.isSpent()) {
                return Standing.TOO_LONG;
            }
        }
        return Standing.STANDS;
    }

    /**
     * Takes the thread's stop or exit, if there is one.
     *
     * @param patiently whether to wait some milliseconds for it
     */
    private boolean collect(int index, boolean patiently) {
        int tid = threads.tid(index);
        int word;
        try {
            word = patiently ? ptrace.awaitWordBriefly(tid) : ptrace.pollWord(tid);
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

    /** Some threads take long. A zombie leader never reports; a parent in vfork stops when its child lets it. */
    private void lookAtMissing(int index) {
        char state = list.state(threads.tid(index));
        if (isOver(state)) {
            noteEnd(index);
        } else if (state == 'D') {
            threads.state(index, ThreadTable.HELD);
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

    /** How many threads there are to look at with {@link #readRegisters}; some of them may be gone. */
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

    /** Whether the thread waits inside the kernel for a vfork child, and so cannot stop, but not run either. */
    public boolean isHeld(int index) {
        return threads.state(index) == ThreadTable.HELD;
    }

    /** The id of a thread that is in a ptrace-stop, or 0 where there is none. */
    public int anyStopped() {
        for (int i = 0; i < threads.count(); i++) {
            if (isStopped(i)) {
                return threads.tid(i);
            }
        }
        return 0;
    }

    /** How many threads the stop holds. */
    private int stoppedThreads() {
        return threads.count(ThreadTable.STOPPED) + threads.count(ThreadTable.HELD);
    }

    /**
     * Reads a stopped thread's registers.
     *
     * @return false where the thread has been killed meanwhile
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

    /** What {@link #readRegisters} has read; the caller does not change it. */
    public Registers registers(int index) {
        return registers[index];
    }

    /** Executes one instruction on a stopped thread; it is stopped again afterwards. */
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
            // That it has made the step.
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

    /** The threads that had not stopped when all others were released. Known after {@link #close}. */
    public List<Integer> late() {
        return late;
    }

    /** What the stop was like. Known after {@link #close}. */
    public Figures figures() {
        Scheduling.Level level = raised;
        return new Figures(held, Duration.ofNanos(ended - began), ended - releaseBegan,
                level == null ? Scheduling.Level.NONE : level);
    }

    /**
     * Releases all threads. Those that wait in {@code vfork} stay seized until the tracer thread ends. So do those for which
     * anything is thrown here: the others are released first, then it is thrown.
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
            tools.longest().note(System.nanoTime() - threads.since(index));
        } catch (RuntimeException | Error failed) {
            failure = failed;
        }
    }

    private void release(int index) {
        int tid = threads.tid(index);
        if (!known[index] && ptrace.readRegisters(tid, registers[index]) != 0) {
            // It was killed; nothing is left to put right.
            ptrace.detach(tid, threads.signal(index));
        } else {
            Release.detach(ptrace, tools.waits(), tid, registers[index], threads.signal(index), threads.since(index));
        }
    }

    /** Where {@link #stop} was never reached or failed, threads are seized but run: stop each, to be able to let go. */
    private void releaseUnstopped() {
        if (threads.count() > registers.length) {
            makeRoom();
        }
        long patience = System.nanoTime() + RELEASE_PATIENCE_NANOS;
        for (int i = 0; i < threads.count(); i++) {
            byte state = threads.state(i);
            if (state == ThreadTable.SEIZED && ptrace.interrupt(threads.tid(i)) == 0) {
                state = ThreadTable.STOPPING;
                threads.state(i, state);
            }
            while (state == ThreadTable.STOPPING && !collect(i, false) && System.nanoTime() - patience < 0) {
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

    /** Whether threads are still traced, so that the tracer thread has to end to give them back. */
    public boolean holdsOn() {
        return threads.count(ThreadTable.HELD) + threads.count(ThreadTable.STOPPING) > 0 || tools.holdsOn();
    }
}
