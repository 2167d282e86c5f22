package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.SortedAddresses;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/** Maps addresses to values, by ranges. If two overlap, the one that begins last counts. */
final class RangeIndex {
    private final long[] starts;
    private final long[] ends;
    private final long[] values;

    private RangeIndex(long[] starts, long[] ends, long[] values) {
        this.starts = starts;
        this.ends = ends;
        this.values = values;
    }

    /** Collects ranges. */
    static final class Builder {
        private long[] starts = {};
        private long[] ends = {};
        private long[] values = {};
        private int count;

        void add(List<AddressRange> ranges, long value) {
            for (AddressRange range : ranges) {
                add(range.start().value(), range.end().value(), value);
            }
        }

        private void add(long start, long end, long value) {
            if (count == starts.length) {
                int capacity = Math.max(16, count * 2);
                starts = Arrays.copyOf(starts, capacity);
                ends = Arrays.copyOf(ends, capacity);
                values = Arrays.copyOf(values, capacity);
            }
            starts[count] = start;
            ends[count] = end;
            values[count++] = value;
        }

        void addAll(Builder other) {
            for (int i = 0; i < other.count; i++) {
                add(other.starts[i], other.ends[i], other.values[i]);
            }
        }

        RangeIndex build() {
            long[] keys = starts;
            int[] order = IntStream.range(0, count).boxed()
                    .sorted(Comparator.comparing((Integer i) -> keys[i], Long::compareUnsigned))
                    .mapToInt(Integer::intValue).toArray();
            long[] sortedStarts = new long[count];
            long[] sortedEnds = new long[count];
            long[] sortedValues = new long[count];
            for (int i = 0; i < count; i++) {
                sortedStarts[i] = starts[order[i]];
                sortedEnds[i] = ends[order[i]];
                sortedValues[i] = values[order[i]];
            }
            return new RangeIndex(sortedStarts, sortedEnds, sortedValues);
        }
    }

    OptionalLong find(long address) {
        int at = SortedAddresses.floor(starts, address);
        return at >= 0 && Long.compareUnsigned(address, ends[at]) < 0
                ? OptionalLong.of(values[at])
                : OptionalLong.empty();
    }
}
