package dev.pulpo.engine.trace;

import dev.pulpo.engine.target.CallerStack;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Pause;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.ToolPriority;
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
 * The one platform thread that makes all ptrace calls for one target. The kernel binds a tracee to the thread that seized
 * it, and releases all tracees of a thread that ends. So {@link #close} releases even threads that could not be detached,
 * such as one that waits in {@code vfork} and cannot stop.
 */
public final class TracerThread implements AutoCloseable {
    private static final long PAUSE_NANOS = 20_000;
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** How often a waiting caller checks that the thread lives. */
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);
    /** Parking and waking take longer than most work, if a processor must wake for it, too. */
    private static final long SPIN_NANOS = Runtime.getRuntime().availableProcessors() > 1
            ? TimeUnit.MICROSECONDS.toNanos(300)
            : 0;

    /** Threads that trace nothing and wait briefly for another target. Guarded by itself. */
    private static final Deque<TracerThread> IDLE = new ArrayDeque<>();

    private final BlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();
    private final Thread thread;
    private final boolean rehearses;
    private volatile @Nullable Tools tools;
    private final PauseLog pauses = new PauseLog();
    private volatile int tid;
    private volatile boolean ended;
    private boolean failed;

    /**
     * Objects that the work reuses, so that a stop allocates nothing.
     *
     * @param arena   lives as long as the thread
     * @param saved   for the original registers of a borrowed thread
     * @param scratch for all other registers
     * @param late    threads that have yet to stop
     * @param pauses  of threads, with the longest
     * @param waits   how long threads had waited before they were stopped
     */
    public record Tools(Arena arena, Ptrace ptrace, Pause pause, Scheduling scheduling,
            Registers saved, Registers scratch, LateStops late, PauseLog pauses,
            TimedWaits waits) {
        /** Whether threads are seized that could not be released, or that exited unnoticed. */
        public boolean hasUnreleased() {
            return !late.isEmpty() || ptrace.guard().awaitsEnds();
        }

        /**
         * The next status word of a traced thread, or {@link Ptrace#NOTHING} after some milliseconds. Releases late threads
         * meanwhile.
         */
        public int awaitWord(int tid) {
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

        @SuppressWarnings("MustBeClosed") // closed by finish()
        static Tools create(PauseLog pauses, boolean rehearses) {
            Arena arena = Arena.ofConfined();
            Ptrace ptrace = new Ptrace(arena);
            Pause pause = new Pause(arena);
            TimedWaits waits = new TimedWaits(arena);
            return new Tools(arena, ptrace, pause, new Scheduling(arena, !rehearses),
                    new Registers(arena),
                    new Registers(arena), new LateStops(ptrace, waits, pause, new Registers(arena)),
                    pauses, waits);
        }
    }

    /** Work for the tracer thread. */
    @FunctionalInterface
    public interface Work<T> {
        T run(Tools tools);
    }

    /** Starts the thread. */
    public TracerThread(int pid) {
        this(pid, false);
    }

    private TracerThread(int pid, boolean rehearses) {
        this.rehearses = rehearses;
        thread = Thread.ofPlatform().daemon().name(name(pid)).start(this::work);
    }

    /** Starts a thread for a child process of this JVM, which nobody waits for: neither it nor any other is raised. */
    static TracerThread forRehearsal(int pid) {
        return new TracerThread(pid, true);
    }

    /** A {@linkplain #dismiss dismissed} thread, or a new one. */
    public static TracerThread lease(int pid) {
        TracerThread idle;
        synchronized (IDLE) {
            idle = IDLE.pollLast();
        }
        if (idle == null) {
            return new TracerThread(pid);
        }
        idle.thread.setName(name(pid));
        idle.pauses.forget();
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
                finish();
            }
        }
    }

    private @Nullable FutureTask<?> next() {
        try {
            return tasks.poll(IDLE_NANOS, TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            // No code interrupts this thread, and its work waits for nothing here.
            return null;
        }
    }

    /** Whether this thread is unused; if so, it cannot be leased any more. */
    private boolean isIdle() {
        synchronized (IDLE) {
            return IDLE.remove(this);
        }
    }

    /**
     * Runs work on the thread and waits for it. Interrupts of the caller are postponed: a target is never left half done.
     * Exceptions of the work are thrown to the caller.
     */
    @SuppressWarnings("try") // the section is there to be closed
    public <T> T call(Work<T> work) {
        if (rehearses) {
            return run(work);
        }
        try (ToolPriority.Section ordinary = ToolPriority.ordinary()) {
            return run(work);
        }
    }

    private <T> T run(Work<T> work) {
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

    /** The pauses of threads so far. To be read while the thread does nothing. */
    public PauseLog pauses() {
        return pauses;
    }

    private Tools tools() {
        Tools known = tools;
        if (known == null) {
            tid = Processes.currentThread();
            known = Tools.create(pauses, rehearses);
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
                    throw CallerStack.rethrown(e.getCause(), "the tracer thread");
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Ends the thread after its work, and after late threads have been released where possible. The kernel then detaches the
     * rest. Returns after that.
     */
    @Override
    public void close() {
        await(submit(this::finish));
        // The JVM reports the thread's end a moment before the kernel, and the kernel releases the tracees.
        while (tid != 0 && ProcFs.existsHere(tid)) {
            Thread.onSpinWait();
        }
    }

    /**
     * As {@link #close}, but keeps a thread that traces nothing for the next {@link #lease}. It ends by itself if none
     * comes.
     */
    public void dismiss() {
        Tools used = tools;
        if (failed || used != null && used.hasUnreleased()) {
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

    private boolean finish() {
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
