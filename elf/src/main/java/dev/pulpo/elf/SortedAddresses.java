package dev.pulpo.elf;

/** Looks up addresses in an array that is sorted as unsigned numbers. Allocates nothing. */
public final class SortedAddresses {
    private SortedAddresses() {}

    /** The index of the last one at or below an address; -1 if all are above it. */
    public static int floor(long[] sorted, long address) {
        return floor(sorted, sorted.length, address);
    }

    /** As {@link #floor(long[], long)}, among the first {@code count}. */
    public static int floor(long[] sorted, int count, long address) {
        int low = 0;
        int high = count - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(sorted[middle], address) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }
}
