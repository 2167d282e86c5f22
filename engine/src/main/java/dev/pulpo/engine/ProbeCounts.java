package dev.pulpo.engine;

import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How often a probe has acted.
 *
 * @param total   for all threads together
 * @param threads for each thread by its id, also those that have ended; only of a probe that counts, measures
 *                or traces
 * @param rest    for threads for which its table had no room; of the same probes
 */
public record ProbeCounts(long total, SortedMap<Integer, Long> threads, long rest) {
    /** Copies the map. */
    public ProbeCounts {
        threads = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(threads));
    }

    @Override
    public String toString() {
        return total + (threads.isEmpty()
                ? ""
                : " (" + threads.entrySet().stream().map(each -> each.getKey() + ": " + each.getValue())
                        .collect(Collectors.joining(", ")) + (rest == 0 ? "" : ", other threads: " + rest) + ")");
    }
}
