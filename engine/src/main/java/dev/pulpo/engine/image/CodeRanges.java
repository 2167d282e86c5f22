package dev.pulpo.engine.image;

import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Ranges of code in a process, sorted, so that a stop can look an address up without allocating anything. Immutable.
 */
public final class CodeRanges {
    private final long[] starts;
    private final long[] ends;
    private final String[] names;

    /**
     * One range.
     *
     * @param start first address
     * @param end   first address behind it
     * @param name  for people
     */
    public record Range(RemoteAddress start, RemoteAddress end, String name) {}

    private CodeRanges(List<Range> sorted) {
        starts = sorted.stream().mapToLong(range -> range.start.value()).toArray();
        ends = sorted.stream().mapToLong(range -> range.end.value()).toArray();
        names = sorted.stream().map(Range::name).toArray(String[]::new);
    }

    /** These ranges; where some overlap, an address belongs to the one that began last, or is extended to cover it. */
    public static CodeRanges of(List<Range> ranges) {
        List<Range> sorted = new ArrayList<>(ranges);
        sorted.removeIf(range -> range.start.compareTo(range.end) >= 0);
        sorted.sort(Comparator.comparing(Range::start));
        List<Range> disjoint = new ArrayList<>();
        for (Range range : sorted) {
            Range last = disjoint.isEmpty() ? null : disjoint.getLast();
            if (last == null || last.end.compareTo(range.start) <= 0) {
                disjoint.add(range);
            } else if (last.end.compareTo(range.end) < 0) {
                disjoint.add(new Range(last.end, range.end, range.name));
            }
        }
        return new CodeRanges(disjoint);
    }

    /** First address of all; 0 where there is none. */
    public long start() {
        return starts.length == 0 ? 0 : starts[0];
    }

    /** First address behind all; 0 where there is none. */
    public long end() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /** The number of the range that holds this address, or -1. */
    public int find(long address) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(address, starts[middle]) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(address, ends[middle]) >= 0) {
                low = middle + 1;
            } else {
                return middle;
            }
        }
        return -1;
    }

    /** The name of a range that {@link #find} returned. */
    public String name(int index) {
        return names[index];
    }

    public boolean isEmpty() {
        return starts.length == 0;
    }
}
