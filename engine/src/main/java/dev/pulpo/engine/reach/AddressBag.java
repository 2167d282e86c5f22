package dev.pulpo.engine.reach;

import java.util.Arrays;

/** Remote addresses. Allocates only where there are more than ever before. Not thread-safe. */
final class AddressBag {
    private long[] addresses = new long[256];
    private int count;

    void clear() {
        count = 0;
    }

    void add(long address) {
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
        }
        addresses[count++] = address;
    }

    int count() {
        return count;
    }

    long get(int index) {
        return addresses[index];
    }

    /** In ascending order. */
    void sort() {
        Arrays.sort(addresses, 0, count);
    }

    boolean contains(long address) {
        return hasBetween(address, address + 1);
    }

    /** Whether one is at or above the start and below the end. */
    boolean hasBetween(long start, long end) {
        for (int i = 0; i < count; i++) {
            if (Long.compareUnsigned(addresses[i] - start, end - start) < 0) {
                return true;
            }
        }
        return false;
    }
}
