package dev.pulpo.engine.trace;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Since when threads have stood in the way: the same thread, for the same reason, at every look since. A thread that was
 * out of the way at one look begins anew.
 */
public final class Sightings {
    private Map<Integer, Sighting> last = new HashMap<>();

    /** When a thread was first seen where it still is. */
    private record Sighting(String reason, Instant since, long nanos, int looks) {}

    /** The blockers of one look, in which every thread was judged, with what is known from earlier ones. */
    public List<Blocker> add(List<? extends Blocker> blockers) {
        Map<Integer, Sighting> seen = new HashMap<>();
        List<Blocker> known = blockers.stream().map(blocker -> add(blocker, seen)).toList();
        last = seen;
        return known;
    }

    /** The same for a look at which some threads were not judged: those are taken to be where they were. */
    public void addSome(List<? extends Blocker> blockers) {
        blockers.forEach(blocker -> add(blocker, last));
    }

    private Blocker add(Blocker blocker, Map<Integer, Sighting> seen) {
        BlockingThread thread = blocker.thread();
        long now = System.nanoTime();
        Sighting before = last.get(blocker.tid());
        Sighting sighting = before != null && before.reason.equals(place(blocker))
                ? new Sighting(before.reason, before.since, before.nanos, before.looks + 1)
                : new Sighting(place(blocker), thread.since(), now, 1);
        seen.put(blocker.tid(), sighting);
        return blocker
                .of(thread.since(sighting.since, Duration.ofNanos(now - sighting.nanos), sighting.looks));
    }

    /** What makes two findings the same: the function, wherever in it the thread is. */
    private static String place(Blocker blocker) {
        return switch (blocker) {
            case Blocker.InsideFunction inside -> inside.function();
            case Blocker.NotBorrowable busy -> busy.why();
            case Blocker.Forbidden forbidden -> forbidden.why();
            case Blocker.UnknownStack unknown -> unknown.why();
        };
    }
}
