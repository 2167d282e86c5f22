package dev.pulpo.examples.crowd;

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
 * Does the same work on many processes, several at a time. Some of them may have it wait for ever. So there are more workers
 * whenever all have been busy for a while, there is a limit to the time for each process, and what is done is reported when
 * it is done. Not thread-safe; the work is done by threads of its own, which do not keep the JVM alive.
 */
public final class Crowd {
    /** Work that takes longer is waiting for something, or there is no processor free. */
    private static final long BUSY_NANOS = 250_000_000;
    /** For so long a result waits for those of processes that come before its own. */
    private static final long ORDER_NANOS = 2_000_000_000;
    private static final long LOOK_NANOS = 25_000_000;
    /** After the deadline of all, those that have not been begun are begun as long as one is done in this time. */
    private static final long PROGRESS_NANOS = 1_000_000_000;

    private final Limits limits;
    private final Queue<Job<?>> toDo = new ConcurrentLinkedQueue<>();
    private final LinkedBlockingQueue<Job<?>> finished = new LinkedBlockingQueue<>();
    private final List<Worker> workers = new ArrayList<>();
    private long lastGrown = System.nanoTime();
    private Duration cpuThen = Duration.ZERO;

    /**
     * How many at a time, and for how long.
     *
     * @param workers   at first
     * @param most      at most, with those whose processes have them wait
     * @param each      for one process; work that takes longer is not waited for
     * @param processor for one process, of the time that its worker spends on a processor; {@code each} where that is all one
     * @param all       until no more are begun, as a rule
     * @param reading   whether nothing is changed, so that work which is not waited for any more may be interrupted
     */
    public record Limits(int workers, int most, Duration each, Duration processor, Duration all, boolean reading) {
        /** What reading a process may take: some milliseconds are usual. */
        private static final Duration PROCESSOR = Duration.ofSeconds(2);
        private static final Duration WAITING = Duration.ofSeconds(10);
        private static final Duration FOR_EVER = Duration.ofDays(1);

        /** Limits for reading processes. */
        public static Limits ofReading(Workers workers) {
            return new Limits(workers.processors(), workers.most(), WAITING, PROCESSOR, FOR_EVER, true);
        }

        /** Limits for changing them, which must not be interrupted. */
        public static Limits ofChanging(Workers workers, Duration each, Duration all) {
            return new Limits(workers.usual(), workers.most(), each, each, all, false);
        }
    }

    /**
     * What the work on one process came to.
     *
     * @param value   of the work
     * @param failure in place of that; a {@link NotDoneException} where it took too long
     */
    public record Result<T>(int pid, Optional<T> value, Optional<Throwable> failure) {}

    /** One process. */
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
                // Whatever it is: it is reported, of this process, and the others go on.
                end(new Result<>(pid, Optional.empty(), Optional.of(failure)));
            }
        }

        /** The first result counts: one that comes when nobody waits for it any more is none. */
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

    /** A thread, and the process that it is at. */
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
     * Does the work on all, and returns when it is done or given up.
     *
     * @param report    gets the results, in the order of the ids as far as none waits for long
     * @param meanwhile is called every now and then, with the number of those that are done
     */
    public <T> void run(List<Integer> pids, IntFunction<T> work, Consumer<Result<T>> report,
            Consumer<Integer> meanwhile) throws InterruptedException {
        List<Job<T>> open = new ArrayList<>(pids.stream().map(pid -> new Job<T>(pid, work)).toList());
        toDo.addAll(open);
        int all = open.size();
        long end = System.nanoTime() + limits.all().toNanos();
        long lastDone = System.nanoTime();
        start(Math.min(limits.workers(), all));
        while (!open.isEmpty()) {
            if (finished.poll(LOOK_NANOS, TimeUnit.NANOSECONDS) != null) {
                finished.clear();
                lastDone = System.nanoTime();
            }
            long now = System.nanoTime();
            giveUp(now);
            if (now - end > 0 && now - lastDone > PROGRESS_NANOS) {
                giveUpTheOthers();
            }
            grow(now);
            meanwhile.accept(all - open.size());
            report(open, report, now);
        }
        workers.forEach(worker -> worker.dismissed = true);
    }

    /** Reports what is done, in the order of the ids where that keeps nothing back for long. */
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

    /** Work that has taken too long is over for whoever waits for it. Another worker takes the place of the one that is at it. */
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

    private void giveUpTheOthers() {
        for (Job<?> job = toDo.poll(); job != null; job = toDo.poll()) {
            end(job, "not begun within " + limits.all().toSeconds() + " s");
        }
    }

    /**
     * Where all workers have been busy for a while, there are more: twice as many where they wait, one where it is the
     * processors that there are too few of.
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
     * Which processes are meant.
     *
     * @param pids     in ascending order
     * @param failures of those of which it could not be found out; they are among them, to be reported
     */
    public record Found(List<Integer> pids, Map<Integer, RuntimeException> failures) {
        /** The work, but for those of which it is known by now that it comes to nothing. */
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
     * @throws SystemCallException where no more files can be opened, so that some might be missed
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
