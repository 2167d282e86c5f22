package dev.pulpo.examples.crowd;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.ffm.SystemCallException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Does the same work on many processes, several at a time. Work on some of them may wait for ever. So workers are added when
 * all have been busy for a while, the time for each process is limited, and results are reported as they come. Not
 * thread-safe; the workers are daemon threads.
 */
public final class Crowd {
    /** Work that takes longer waits for something, or for a processor. */
    private static final long BUSY_NANOS = 250_000_000;
    /** How long a result is held back for the results of lower process ids. */
    private static final long ORDER_NANOS = 2_000_000_000;
    private static final long LOOK_NANOS = 25_000_000;
    /** After the deadline for all, jobs are still started as long as one ends within this time. */
    private static final long PROGRESS_NANOS = 1_000_000_000;

    private final Limits limits;
    private final Queue<Job<?>> toDo = new ConcurrentLinkedQueue<>();
    private final LinkedBlockingQueue<Job<?>> finished = new LinkedBlockingQueue<>();
    private final List<Worker> workers = new ArrayList<>();
    private long lastGrown = System.nanoTime();
    private Duration cpuThen = Duration.ZERO;

    /**
     * How many workers there are, and how long they may take.
     *
     * @param workers   how many at first
     * @param most      how many at most, including those that wait for their process
     * @param each      the time for one process; then it is given up
     * @param processor the CPU time for one process; {@code each} for no limit of its own
     * @param all       the time after which no more jobs are started, as a rule
     * @param reading   whether the work changes nothing, so that it may be interrupted when it is given up
     */
    public record Limits(int workers, int most, Duration each, Duration processor, Duration all, boolean reading) {
        /** CPU time for reading a process, which usually takes some milliseconds. */
        private static final Duration PROCESSOR = Duration.ofSeconds(2);
        private static final Duration WAITING = Duration.ofSeconds(10);
        private static final Duration GRACE = Duration.ofSeconds(30);
        private static final Duration FOR_EVER = Duration.ofDays(1);

        /** Limits for reading processes. */
        public static Limits ofReading(Workers workers) {
            return new Limits(workers.processors(), workers.most(), WAITING, PROCESSOR, FOR_EVER, true);
        }

        /** Limits for operations on processes: each ends by itself, and gets some time beside waiting for threads. */
        public static Limits ofOperations(Workers workers, Consistency consistency) {
            return ofChanging(workers, consistency.timeout().plus(GRACE), FOR_EVER);
        }

        /** Limits for changing processes, which must not be interrupted. */
        public static Limits ofChanging(Workers workers, Duration each, Duration all) {
            return new Limits(workers.usual(), workers.most(), each, each, all, false);
        }
    }

    /**
     * The result of the work on one process.
     *
     * @param value   what the work returned
     * @param failure what it threw instead; a {@link NotDoneException} if it took too long
     */
    public record Result<T>(int pid, Optional<T> value, Optional<Throwable> failure) {}

    /** The work on one process. */
    private static final class Job<T> {
        private final int pid;
        private final IntFunction<T> work;
        private volatile Optional<Result<T>> result = Optional.empty();
        private volatile long began;
        private volatile boolean hasBegun;
        private volatile long ended;

        Job(int pid, IntFunction<T> work) {
            this.pid = pid;
            this.work = work;
        }

        void run() {
            began = System.nanoTime();
            hasBegun = true;
            try {
                end(new Result<>(pid, Optional.of(work.apply(pid)), Optional.empty()));
            } catch (Throwable failure) {
                // Any failure is reported for this process, and work on the others goes on.
                end(new Result<>(pid, Optional.empty(), Optional.of(failure)));
            }
        }

        /** Sets the result. The first one counts: a job that has been given up stays so. */
        synchronized void end(Result<T> outcome) {
            if (result.isEmpty()) {
                ended = System.nanoTime();
                result = Optional.of(outcome);
            }
        }

        boolean isDone() {
            return result.isPresent();
        }

        boolean isBusySince(long nanos, long now) {
            return hasBegun && !isDone() && now - began > nanos;
        }
    }

    /** A thread, and the job that it works on. */
    private final class Worker implements Runnable {
        private final Thread thread = Thread.ofPlatform().daemon().name("pulpo-worker-" + workers.size())
                .unstarted(this);
        private final ThreadTime time = new ThreadTime();
        private volatile Optional<Job<?>> job = Optional.empty();
        private volatile boolean dismissed;

        @Override
        public void run() {
            Job<?> next;
            while (!dismissed && (next = toDo.poll()) != null) {
                time.begin();
                job = Optional.of(next);
                next.run();
                finished.add(next);
            }
            job = Optional.empty();
            dismissed = true;
        }
    }

    public Crowd(Limits limits) {
        this.limits = limits;
    }

    /**
     * Does the work on all processes, and returns when each is done or given up.
     *
     * @param report    gets the results, in the order of the ids unless that would hold one back for long
     * @param meanwhile is called now and then with the number of finished processes
     * @throws InterruptedException when this thread was interrupted: the work on all processes was interrupted, too, and has
     *                              ended and been reported
     */
    public <T> void run(List<Integer> pids, IntFunction<T> work, Consumer<Result<T>> report,
            Consumer<Integer> meanwhile) throws InterruptedException {
        List<Job<T>> open = new ArrayList<>(pids.stream().map(pid -> new Job<T>(pid, work)).toList());
        toDo.addAll(open);
        int all = open.size();
        long end = System.nanoTime() + limits.all().toNanos();
        long lastDone = System.nanoTime();
        boolean interrupted = false;
        start(Math.min(limits.workers(), all));
        while (!open.isEmpty()) {
            try {
                if (finished.poll(LOOK_NANOS, TimeUnit.NANOSECONDS) != null) {
                    finished.clear();
                    lastDone = System.nanoTime();
                }
            } catch (InterruptedException e) {
                interrupted = true;
                giveUpUnstarted("not begun: interrupted");
                workers.forEach(worker -> worker.thread.interrupt());
            }
            long now = System.nanoTime();
            giveUp(now);
            if (now - end > 0 && now - lastDone > PROGRESS_NANOS) {
                giveUpUnstarted("not begun within " + limits.all().toSeconds() + " s");
            }
            grow(now);
            meanwhile.accept(all - open.size());
            report(open, report, now);
        }
        workers.forEach(worker -> worker.dismissed = true);
        if (interrupted) {
            throw new InterruptedException("interrupted");
        }
    }

    /** Reports finished jobs, in the order of the ids unless that would hold one back for long. */
    private static <T> void report(List<Job<T>> open, Consumer<Result<T>> report, long now) {
        boolean first = true;
        Iterator<Job<T>> each = open.iterator();
        while (each.hasNext()) {
            Job<T> job = each.next();
            if (!job.isDone()) {
                first = false;
            } else if (first || now - job.ended > ORDER_NANOS) {
                each.remove();
                report.accept(job.result.orElseThrow());
            }
        }
    }

    private void start(int count) {
        for (int i = 0; i < count; i++) {
            Worker worker = new Worker();
            workers.add(worker);
            worker.thread.start();
        }
        lastGrown = System.nanoTime();
        cpuThen = ownProcessorTime();
    }

    /** Gives up jobs that have taken too long, and replaces their workers. */
    private void giveUp(long now) {
        int dismissed = 0;
        for (Worker worker : workers) {
            Job<?> job = worker.job.filter(running -> !running.isDone()).orElse(null);
            if (job == null || worker.dismissed || !job.isBusySince(limits.processor().toNanos(), now)) {
                continue;
            }
            boolean late = job.isBusySince(limits.each().toNanos(), now);
            if (late || worker.time.sinceBegin().compareTo(limits.processor()) > 0) {
                end(job, late
                        ? "not done within " + limits.each().toSeconds() + " s"
                        : "it takes more than " + limits.processor().toSeconds() + " s of processor time");
                worker.dismissed = true;
                dismissed++;
                if (limits.reading()) {
                    worker.thread.interrupt();
                }
            }
        }
        if (dismissed > 0) {
            workers.removeIf(worker -> worker.dismissed);
            start(Math.min(dismissed, toDo.size()));
        }
    }

    private <T> void end(Job<T> job, String why) {
        job.end(new Result<>(job.pid, Optional.empty(),
                Optional.of(new NotDoneException(limits.reading() ? "too large to be read: " + why : why))));
    }

    private void giveUpUnstarted(String why) {
        for (Job<?> job = toDo.poll(); job != null; job = toDo.poll()) {
            end(job, why);
        }
    }

    /**
     * Adds workers if all have been busy for a while: as many again if they wait for something, one if they lack processors.
     */
    private void grow(long now) {
        workers.removeIf(worker -> worker.dismissed);
        if (toDo.isEmpty() || now - lastGrown < BUSY_NANOS || workers.size() >= limits.most()
                || !workers.stream().allMatch(
                        worker -> worker.job.filter(job -> job.isBusySince(BUSY_NANOS, now)).isPresent())) {
            return;
        }
        boolean idle = ownProcessorTime().minus(cpuThen).toNanos() < (now - lastGrown) / 2;
        int more = idle ? Math.max(1, workers.size()) : 1;
        start(Collections.min(List.of(more, limits.most() - workers.size(), toDo.size())));
    }

    private static Duration ownProcessorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    /**
     * The processes that a filter accepts.
     *
     * @param pids     in ascending order
     * @param failures why the filter failed, for those that it could not read; their ids are in {@code pids}, too
     */
    public record Found(List<Integer> pids, Map<Integer, RuntimeException> failures) {
        /** The work, which throws the known failure for the processes that have one. */
        public <T> IntFunction<T> unlessFailed(IntFunction<T> work) {
            return pid -> {
                RuntimeException known = failures.get(pid);
                if (known != null) {
                    throw known;
                }
                return work.apply(pid);
            };
        }
    }

    /**
     * Finds the processes that a filter accepts.
     *
     * @throws SystemCallException if no more files can be opened, so that some processes might be missed
     */
    public static Found find(ProcessFilter filter, Workers workers) throws InterruptedException {
        Set<Integer> found = new TreeSet<>();
        Map<Integer, RuntimeException> failures = new HashMap<>();
        new Crowd(Limits.ofReading(workers)).<Boolean>run(ProcessFilter.processes(), filter::accepts, result -> {
            result.failure().ifPresent(failure -> {
                if (failure instanceof SystemCallException call && call.isLimitHit()) {
                    throw call;
                }
                failures.put(result.pid(), failure instanceof RuntimeException known
                        ? known
                        : new IllegalStateException(failure));
            });
            if (result.value().orElse(true)) {
                found.add(result.pid());
            }
        }, done -> {});
        return new Found(List.copyOf(found), Map.copyOf(failures));
    }
}
