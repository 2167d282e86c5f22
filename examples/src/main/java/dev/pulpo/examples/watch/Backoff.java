package dev.pulpo.examples.watch;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** When processes are tried again: after each attempt it takes twice as long, up to a limit. For one thread. */
final class Backoff {
    private final long first;
    private final long longest;
    private final Map<Integer, Next> next = new HashMap<>();

    /** The next attempt, by {@link System#nanoTime}, and how long after that the one behind it comes. */
    private record Next(long when, long delay) {}

    /**
     * @param first   how long the first attempt is put off
     * @param longest how long one is put off at most
     */
    Backoff(Duration first, Duration longest) {
        this.first = first.toNanos();
        this.longest = longest.toNanos();
    }

    /** Puts the next attempt off, longer than the last time. */
    void putOff(int pid) {
        long now = System.nanoTime();
        next.merge(pid, new Next(now + first, 2 * first),
                (before, begin) -> new Next(now + before.delay, Math.min(2 * before.delay, longest)));
    }

    /** Whether nothing is put off for a process now. */
    boolean isFree(int pid) {
        Next known = next.get(pid);
        return known == null || System.nanoTime() - known.when >= 0;
    }

    /** The processes whose next attempt is due. */
    List<Integer> due() {
        return next.keySet().stream().filter(this::isFree).toList();
    }

    /** The next attempt counts as the first. */
    void forget(int pid) {
        next.remove(pid);
    }

    /** Forgets all processes but these. */
    void retain(Collection<Integer> pids) {
        next.keySet().retainAll(pids);
    }
}
