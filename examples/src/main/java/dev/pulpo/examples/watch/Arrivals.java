package dev.pulpo.examples.watch;

import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.ffm.ProcessEvents;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which processes there are, and what they have done: by the kernel's reports where this process gets them, and by looking at
 * the list of processes now and then. For one thread.
 */
final class Arrivals implements AutoCloseable {
    /** With the kernel's reports a look finds only what was lost. */
    private static final long RARELY_NANOS = Duration.ofSeconds(60).toNanos();

    private final Optional<ProcessEvents> events;
    private final Set<Integer> pids = new HashSet<>();
    private long looked = System.nanoTime() - RARELY_NANOS;

    /** @param reports whether to ask the kernel for its reports */
    Arrivals(boolean reports) {
        events = reports ? ProcessEvents.open() : Optional.empty();
    }

    /** Whether the kernel reports. */
    boolean areReported() {
        return events.isPresent();
    }

    /** The processes that are known. */
    Set<Integer> pids() {
        return pids;
    }

    /** Waits for reports, and returns them; without reports it only waits. */
    List<ProcessEvents.Event> await(long millis) throws InterruptedException {
        if (events.isEmpty()) {
            Thread.sleep(millis);
            return List.of();
        }
        List<ProcessEvents.Event> reports = events.get().read(millis);
        for (ProcessEvents.Event report : reports) {
            switch (report) {
                case ProcessEvents.Forked forked -> pids.add(forked.pid());
                case ProcessEvents.Executed executed -> pids.add(executed.pid());
                case ProcessEvents.Ended ended -> pids.remove(ended.pid());
                case ProcessEvents.Lost lost -> looked -= RARELY_NANOS;
                case ProcessEvents.ChangedUser other -> {
                    // It is the same process.
                }
            }
        }
        return reports;
    }

    /** Lists the processes, if that is due. */
    void look() {
        if (events.isEmpty() || System.nanoTime() - looked >= RARELY_NANOS) {
            looked = System.nanoTime();
            pids.clear();
            pids.addAll(ProcessFilter.processes());
        }
    }

    @Override
    public void close() {
        events.ifPresent(ProcessEvents::close);
    }
}
