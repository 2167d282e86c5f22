package dev.pulpo.examples.watch;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Workers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Restores processes in groups, each on a thread of its own. A process that makes its group wait delays neither the other
 * processes of the group, which has more workers then, nor the next group. One that could not be restored is tried again, each
 * time later. For one thread.
 */
final class Repairs {
    /** So many groups are at work at once without a pause between them. */
    private static final int GROUPS = 8;
    private static final long PAUSE_NANOS = Duration.ofSeconds(1).toNanos();

    private final Consistency consistency;
    private final Set<Integer> due = new HashSet<>();
    private final List<Thread> groups = new ArrayList<>();
    private final Set<Integer> working = ConcurrentHashMap.newKeySet();
    private final Backoff retries = new Backoff(Duration.ofSeconds(1), Duration.ofMinutes(5));
    private final ConcurrentLinkedQueue<Crowd.Result<Optional<Upkeep.Restored>>> results = new ConcurrentLinkedQueue<>();
    private long lastGroup = System.nanoTime() - PAUSE_NANOS;

    Repairs(Consistency consistency) {
        this.consistency = consistency;
    }

    /** Wants a process restored. */
    void add(int pid) {
        due.add(pid);
    }

    /** Forgets a process: it has ended, or executes another program. */
    void forget(int pid) {
        due.remove(pid);
        retries.forget(pid);
    }

    /** Whether nothing is to be done or being done. */
    boolean isIdle() {
        groups.removeIf(group -> !group.isAlive());
        return due.isEmpty() && groups.isEmpty() && results.isEmpty();
    }

    /** Starts work on the processes that are due. */
    void start(Upkeep upkeep) {
        long now = System.nanoTime();
        due.addAll(retries.due());
        groups.removeIf(group -> !group.isAlive());
        // A process that is being worked on stays due.
        List<Integer> pids = due.stream().filter(pid -> !working.contains(pid)).sorted().toList();
        if (pids.isEmpty() || groups.size() >= GROUPS && now - lastGroup < PAUSE_NANOS) {
            return;
        }
        lastGroup = now;
        due.removeAll(pids);
        working.addAll(pids);
        Crowd.Limits limits = Crowd.Limits.ofOperations(Workers.possible(), consistency);
        groups.add(Thread.ofPlatform().name("pulpo-repairs").start(() -> work(upkeep, pids, limits)));
    }

    private void work(Upkeep upkeep, List<Integer> pids, Crowd.Limits limits) {
        try {
            new Crowd(limits).<Optional<Upkeep.Restored>>run(pids, pid -> upkeep.restore(pid, consistency), result -> {
                results.add(result);
                working.remove(result.pid());
            }, done -> {});
        } catch (InterruptedException end) {
            // All its work has ended; so does this thread.
            Thread.currentThread().interrupt();
        } finally {
            pids.forEach(working::remove);
        }
    }

    /** The results that have come since the last call. Those that failed are tried again later, unless nothing can change. */
    List<Crowd.Result<Optional<Upkeep.Restored>>> results() {
        List<Crowd.Result<Optional<Upkeep.Restored>>> found = new ArrayList<>();
        for (Crowd.Result<Optional<Upkeep.Restored>> result = results.poll(); result != null; result = results.poll()) {
            found.add(result);
            boolean again = result.failure().filter(Repairs::mayPass).isPresent() || result.value()
                    .flatMap(value -> value)
                    .filter(restored -> restored.failures().values().stream().anyMatch(Repairs::mayPass)).isPresent();
            if (again) {
                retries.putOff(result.pid());
            } else {
                retries.forget(result.pid());
            }
        }
        return found;
    }

    /** Whether the same attempt may succeed later. */
    private static boolean mayPass(Throwable failure) {
        return failure instanceof BlockedException
                || !(failure instanceof RefusedException || failure instanceof TargetGoneException);
    }

    /** Ends all work: what it has begun is completed or undone. */
    void end() throws InterruptedException {
        groups.forEach(Thread::interrupt);
        for (Thread group : groups) {
            group.join();
        }
    }
}
