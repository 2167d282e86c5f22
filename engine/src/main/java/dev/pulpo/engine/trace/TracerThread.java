package dev.pulpo.engine.trace;

import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.Pause;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.Scheduling;
import java.lang.foreign.Arena;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * The one platform thread from which all ptrace calls for one target come. The kernel ties a tracee to the thread that
 * seized it, and lets go of all its tracees when that thread ends: so {@link #close} gives back even what could not be
 * detached, such as a thread that waits in {@code vfork} and cannot stop.
 */
public final class TracerThread implements AutoCloseable {
    private static final long PAUSE_NANOS = 20_000;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** How often a caller looks whether the thread is still there. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** To park and to be woken takes longer than most work does, where a processor has to be woken for it, too. */
    private static final long SPIN_NANOS = Runtime.getRuntime().availableProcessors() > 1
            ? TimeUnit.MICROSECONDS.toNanos(300)
            : 0;

    /** Threads that trace nothing and wait for another target, for a moment. Guarded by itself. */
    private static final Deque<TracerThread> IDLE = new ArrayDeque<>();

    private final BlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
    private volatile @Nullable Tools tools;
    private final LongestStop longest = new LongestStop();
    private volatile int tid;
    private volatile boolean ended;
    private boolean failed;

    /**
     * What work on this thread uses again and again, so that a stop allocates nothing.
     *
     * @param arena    lives as long as the thread does
     * @param saved    registers of a borrowed thread as they were
     * @param scratch  registers for everything else
     * @param late     threads that have yet to stop
     * @param longest  how long threads were stopped
     * @param waits    for how long threads had waited before they were stopped
     */
    public record Tools(Arena arena, Ptrace ptrace, Pause pause, Scheduling scheduling,
            Registers saved, Registers scratch, LateStops late, LongestStop longest,
            TimedWaits waits) {
        /** Whether threads are seized that could not be released so far, or that have exited without anybody waiting for it. */
        public boolean holdsOn() {
            return !late.isEmpty() || ptrace.guard().awaitsEnds();
        }

        /**
         * The next change of a traced thread, as a status word, or {@link Ptrace#NOTHING} after some milliseconds. Threads
         * that stop late are let go meanwhile.
         */
        int awaitWord(int tid) {
            if (late.isEmpty()) {
                return ptrace.awaitWordBriefly(tid);
            }
            late.release();
            int word = ptrace.pollWord(tid);
            if (word == Ptrace.NOTHING) {
                pause.nanos(PAUSE_NANOS);
            }
            return word;
        }

        @SuppressWarnings("MustBeClosed") // closed by the thread's last task
        static Tools create(LongestStop longest) {
            Arena arena = Arena.ofConfined();
            Ptrace ptrace = new Ptrace(arena);
            Pause pause = new Pause(arena);
            TimedWaits waits = new TimedWaits(arena);
            return new Tools(arena, ptrace, pause, new Scheduling(arena),
                    new Registers(arena),
                    new Registers(arena), new LateStops(ptrace, waits, pause, new Registers(arena)),
                    longest, waits);
        }
    }

    /** Work that needs to be done on the tracer thread. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Tools tools);
    }

    /** Starts the thread. */
    public TracerThread(int pid) {
        thread = Thread.ofPlatform().daemon().name(name(pid)).start(this::work);
    }

    /** A thread that has just been {@linkplain #dismiss dismissed}, where there is one, or a new one. */
    public static TracerThread lease(int pid) {
        TracerThread idle;
        synchronized (IDLE) {
            idle = IDLE.pollLast();
        }
        if (idle == null) {
            return new TracerThread(pid);
        }
        idle.thread.setName(name(pid));
        idle.longest.forget();
        return idle;
    }

    private static String name(int pid) {
        return "pulpo-tracer-" + pid;
    }

    private void work() {
        while (!ended) {
            FutureTask<?> task = next();
            if (task != null) {
                task.run();
            } else if (isIdle()) {
                last();
            }
        }
    }

    private @Nullable FutureTask<?> next() {
        try {
            return tasks.poll(IDLE_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // Nobody has this thread to interrupt it, and no work of its own is waited for here.
            return null;
        }
    }

    /** Whether nobody has a use for this thread; nobody will have one then. */
    private boolean isIdle() {
        synchronized (IDLE) {
            return IDLE.remove(this);
        }
    }

    /**
     * Does work on the thread and waits for it. Interrupts of the caller wait, too: a target is never left half done.
     * Exceptions of the work are the caller's.
     */
    public <T> T call(Work<T> work) {
        boolean done = false;
        try {
            T result = await(submit(() -> work.run(tools())));
            done = true;
            return result;
        } finally {
            failed |= !done;
        }
    }

    private <T> Future<T> submit(Callable<T> work) {
        FutureTask<T> task = new FutureTask<>(work);
        tasks.add(task);
        return task;
    }

    /** The longest that a thread of the target was stopped so far, borrowing aside. */
    public LongestStop longestStop() {
        return longest;
    }

    private Tools tools() {
        Tools known = tools;
        if (known == null) {
            tid = Processes.currentThread();
            known = Tools.create(longest);
            tools = known;
        }
        known.ptrace().guard().arm();
        return known;
    }

    private <T> T await(Future<T> future) {
        long spun = System.nanoTime() + SPIN_NANOS;
        while (!future.isDone() && System.nanoTime() - spun < 0) {
            Thread.onSpinWait();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return future.get(LOOK_NANOS, TimeUnit.NANOSECONDS);
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    if (!thread.isAlive() && !future.isDone()) {
                        throw new IllegalStateException("the tracer thread has ended, for want of memory perhaps; "
                                + "with it, the kernel has let go of all that it traced", e);
                    }
                } catch (ExecutionException e) {
                    throw rethrown(e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static RuntimeException rethrown(@Nullable Throwable cause) {
        if (cause instanceof RuntimeException unchecked) {
            // The stack of the caller says who asked; without it the trace ends in the executor.
            unchecked.addSuppressed(new AsCalledFrom());
            return unchecked;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        return new IllegalStateException("work on the tracer thread failed", cause);
    }

    /** Carries the stack of the thread that asked for the work. */
    private static final class AsCalledFrom extends RuntimeException {
        private static final long serialVersionUID = 1L;

        AsCalledFrom() {
            super("called from");
        }
    }

    /**
     * Ends the thread after the work it has, and after threads that were late to stop have been let go as far as they do; the
     * kernel then detaches whatever it still traces. Returns when that has happened.
     */
    @Override
    public void close() {
        await(submit(this::last));
        // The JVM counts the thread as ended a moment before the kernel does, and tracees are given back by the kernel.
        while (tid != 0 && ProcFs.existsHere(tid)) {
            Thread.onSpinWait();
        }
    }

    /**
     * As {@link #close}, but where all work has been done and nothing can be traced any more, the thread is kept for whoever
     * {@linkplain #lease wants} one next, and ends by itself where nobody does.
     */
    public void dismiss() {
        Tools used = tools;
        if (failed || used != null && used.holdsOn()) {
            close();
            return;
        }
        if (used != null) {
            used.ptrace().guard().disarm();
        }
        synchronized (IDLE) {
            IDLE.addLast(this);
        }
    }

    private boolean last() {
        ended = true;
        Tools used = tools;
        if (used != null) {
            used.late().finish();
            used.ptrace().guard().disarm();
            used.arena().close();
        }
        return true;
    }
}
