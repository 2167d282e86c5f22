package dev.pulpo.engine.code;

import dev.pulpo.elf.SortedAddresses;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Sorted ranges of code in a process, so that a stop can look up addresses without allocating. Immutable. */
public final class CodeRanges {
    private final long[] starts;
    private final long[] ends;
    private final String[] names;

    /**
     * One range of remote addresses.
     *
     * @param start first address
     * @param end   first address after it
     * @param name  for people
     */
    public record Range(RemoteAddress start, RemoteAddress end, String name) {}

    private CodeRanges(List<Range> sorted) {
        starts = sorted.stream().mapToLong(range -> range.start.value()).toArray();
        ends = sorted.stream().mapToLong(range -> range.end.value()).toArray();
        names = sorted.stream().map(Range::name).toArray(String[]::new);
    }

    /** These ranges. Where ranges overlap, an address belongs to the one that began first. */
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

    /** First address of all; 0 without ranges. */
    public long start() {
        return starts.length == 0 ? 0 : starts[0];
    }

    /** First address after all; 0 without ranges. */
    public long end() {
        return ends.length == 0 ? 0 : ends[ends.length - 1];
    }

    /** The index of the range with this address, or -1. */
    public int find(long address) {
        int at = SortedAddresses.floor(starts, address);
        return at >= 0 && Long.compareUnsigned(address, ends[at]) < 0 ? at : -1;
    }

    /** The name of the range at an index of {@link #find}. */
    public String name(int index) {
        return names[index];
    }

    public boolean isEmpty() {
        return starts.length == 0;
    }
}
