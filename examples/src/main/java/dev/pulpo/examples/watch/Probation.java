package dev.pulpo.examples.watch;

import dev.pulpo.engine.StoredPatch;
import dev.pulpo.ffm.ProcessEvents;
import dev.pulpo.ffm.Signals;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Processes that were given patches a short time ago, and those that they have forked since. One that ends by a signal of a
 * fault meanwhile speaks against its patches. For one thread.
 */
final class Probation {
    /** What faults and failed checks raise; people and managers end processes by other signals (signal(7)). */
    private static final Set<String> FAULTS = Set.of("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGTRAP",
            "SIGSYS");

    /** A result comes within this time after the end of its process. */
    private static final long REPORTED_NANOS = Duration.ofSeconds(60).toNanos();

    private final Map<Integer, Entry> entries = new HashMap<>();
    /** Processes that have ended by a fault. A result may come after the report of the end. */
    private final Map<Integer, Death> deaths = new HashMap<>();
    private final long nanos;

    /** An end by a fault, by {@link System#nanoTime}. */
    private record Death(int signal, long when) {}

    /**
     * A process on probation.
     *
     * @param user    whose process it is: root's only if nobody else may send it signals
     * @param patches that it was given
     * @param since   by {@link System#nanoTime}
     */
    private record Entry(String name, int user, Set<StoredPatch> patches, long since) {}

    /**
     * What speaks against patches.
     *
     * @param user whose process it was
     */
    record Fault(int user, Set<StoredPatch> patches, String reason) {}

    Probation(Duration time) {
        nanos = time.toNanos();
    }

    /**
     * A process was given patches.
     *
     * @return what speaks against them, if the process has ended since
     */
    Optional<Fault> add(int pid, String name, int user, List<StoredPatch> patches) {
        Set<StoredPatch> all = new HashSet<>(patches);
        Entry before = entries.get(pid);
        if (before != null && !isOver(before)) {
            all.addAll(before.patches);
        }
        Entry entry = new Entry(name, user, all, System.nanoTime());
        Death death = deaths.remove(pid);
        if (death != null) {
            return Optional.of(fault(pid, entry, death.signal, "just after it got the patch"));
        }
        entries.put(pid, entry);
        return Optional.empty();
    }

    private static Fault fault(int pid, Entry entry, int signal, String when) {
        return new Fault(entry.user, entry.patches, "process " + pid + " (" + entry.name + ") of user " + entry.user
                + " ended by " + Signals.name(signal) + " " + when);
    }

    private boolean isOver(Entry entry) {
        return System.nanoTime() - entry.since > nanos;
    }

    /** Follows what the kernel reports. */
    Optional<Fault> take(ProcessEvents.Event event) {
        switch (event) {
            case ProcessEvents.Forked forked -> {
                // An id that is given out again means another process.
                deaths.remove(forked.pid());
                Entry parent = entries.get(forked.parent());
                if (parent != null && !isOver(parent)) {
                    entries.put(forked.pid(), parent);
                }
            }
            // Another program has not the patches.
            case ProcessEvents.Executed executed -> entries.remove(executed.pid());
            case ProcessEvents.ChangedUser changed -> entries.computeIfPresent(changed.pid(),
                    (pid, entry) -> new Entry(entry.name,
                            changed.real() != 0
                                    ? changed.real()
                                    : changed.effective() != 0
                                            ? changed.effective()
                                            : entry.user,
                            entry.patches, entry.since));
            case ProcessEvents.Ended ended -> {
                Entry entry = entries.remove(ended.pid());
                if (ended.signal() == 0 || !FAULTS.contains(Signals.name(ended.signal()))) {
                    return Optional.empty();
                }
                if (entry == null) {
                    deaths.put(ended.pid(), new Death(ended.signal(), System.nanoTime()));
                } else if (!isOver(entry)) {
                    return Optional.of(fault(ended.pid(), entry, ended.signal(),
                            Duration.ofNanos(System.nanoTime() - entry.since).toMillis()
                                    + " ms after it got the patch"));
                }
            }
            case ProcessEvents.Lost lost -> {
                // What ended meanwhile is not known.
            }
        }
        return Optional.empty();
    }

    /** Forgets those whose time is over. */
    void prune() {
        entries.values().removeIf(this::isOver);
        long now = System.nanoTime();
        deaths.values().removeIf(death -> now - death.when > REPORTED_NANOS);
    }
}
