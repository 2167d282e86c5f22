package dev.pulpo.engine.trace;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How long each thread has blocked a change: the same thread, for the same reason, at every look since. A thread that did
 * not block at one look starts again.
 */
public final class BlockerHistory {
    private Map<Integer, Finding> last = new HashMap<>();

    /** The first look at which a thread was found for this reason. */
    private record Finding(String reason, Instant since, long nanos, int looks) {}

    /** Adds the blockers of one look that judged every thread. Returns them with what earlier looks have found. */
    public List<Blocker> add(List<? extends Blocker> blockers) {
        Map<Integer, Finding> seen = new HashMap<>();
        List<Blocker> known = blockers.stream().map(blocker -> add(blocker, seen)).toList();
        last = seen;
        return known;
    }

    /** Adds the blockers of a look that did not judge some threads: those are assumed to be where they were. */
    public void addSome(List<? extends Blocker> blockers) {
        blockers.forEach(blocker -> add(blocker, last));
    }

    private Blocker add(Blocker blocker, Map<Integer, Finding> seen) {
        BlockingThread thread = blocker.thread();
        long now = System.nanoTime();
        Finding before = last.get(blocker.tid());
        Finding finding = before != null && before.reason.equals(place(blocker))
                ? new Finding(before.reason, before.since, before.nanos, before.looks + 1)
                : new Finding(place(blocker), thread.since(), now, 1);
        seen.put(blocker.tid(), finding);
        return blocker
                .of(thread.since(finding.since, Duration.ofNanos(now - finding.nanos), finding.looks));
    }

    /** Identifies a finding: by the function, not by the address in it. */
    private static String place(Blocker blocker) {
        return switch (blocker) {
            case Blocker.InsideFunction inside -> inside.function();
            case Blocker.NotBorrowable busy -> busy.why();
            case Blocker.Forbidden forbidden -> forbidden.why();
            case Blocker.UnknownStack unknown -> unknown.why();
        };
    }
}
