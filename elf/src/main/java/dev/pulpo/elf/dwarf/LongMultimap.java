package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.RadixSort;
import dev.pulpo.elf.SortedAddresses;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Maps a long to several longs, in the order of insertion, in two arrays. It is filled, then sorted once, and thread-safe
 * afterwards.
 */
final class LongMultimap {
    private static final int SMALLEST = 16;
    private static final long[] NONE = {};
    private long[] keys = NONE;
    private long[] values = NONE;
    private int count;
    private boolean sorted;

    void put(long key, long value) {
        reserve(1);
        keys[count] = key;
        values[count++] = value;
    }

    private void reserve(int more) {
        if (sorted) {
            throw new IllegalStateException("it is sorted already");
        }
        if (more > keys.length - count) {
            int capacity = Math.max(Math.max(count + more, 2 * count), SMALLEST);
            keys = Arrays.copyOf(keys, capacity);
            values = Arrays.copyOf(values, capacity);
        }
    }

    void putAll(LongMultimap other) {
        reserve(other.count);
        System.arraycopy(other.keys, 0, keys, count, other.count);
        System.arraycopy(other.values, 0, values, count, other.count);
        count += other.count;
    }

    /** Frees unused capacity. */
    void trim() {
        keys = Arrays.copyOf(keys, count);
        values = Arrays.copyOf(values, count);
    }

    /** Sorts by key; entries of one key keep their order. */
    void sort() {
        trim();
        RadixSort.sort(keys, values);
        sorted = true;
    }

    /** The values of a key. Sort before. */
    long[] get(long key) {
        if (!sorted) {
            throw new IllegalStateException("it is not sorted yet");
        }
        int end = SortedAddresses.floor(keys, key) + 1;
        int start = end;
        while (start > 0 && keys[start - 1] == key) {
            start--;
        }
        return Arrays.copyOfRange(values, start, end);
    }

    /** Takes a key and one of its values. */
    interface Visitor {
        void visit(long key, long value);
    }

    /** Shows all entries, in no particular order. */
    void forEach(Visitor visitor) {
        for (int i = 0; i < count; i++) {
            visitor.visit(keys[i], values[i]);
        }
    }

    /** All values, in no particular order. */
    LongStream values() {
        return Arrays.stream(values, 0, count);
    }

    int size() {
        return count;
    }
}
