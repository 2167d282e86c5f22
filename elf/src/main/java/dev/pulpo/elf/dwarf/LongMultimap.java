package dev.pulpo.elf.dwarf;

import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * Several longs for a long, in the order in which they were put, in two arrays: first everything is put, then it is sorted
 * once, and from then on it is safe for several threads.
 */
final class LongMultimap {
    private static final int DIGIT_BITS = 8;
    private static final int DIGITS = 1 << DIGIT_BITS;

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

    /** Gives back what was reserved for more. */
    void trim() {
        keys = Arrays.copyOf(keys, count);
        values = Arrays.copyOf(values, count);
    }

    /** Sorts by key, and leaves entries of one key in their order. */
    void sort() {
        trim();
        long[] otherKeys = new long[count];
        long[] otherValues = new long[count];
        for (int shift = 0; shift < Long.SIZE; shift += DIGIT_BITS) {
            int[] starts = starts(shift);
            if (starts.length == 0) {
                continue;
            }
            for (int i = 0; i < count; i++) {
                int at = starts[digit(keys[i], shift)]++;
                otherKeys[at] = keys[i];
                otherValues[at] = values[i];
            }
            long[] swapped = keys;
            keys = otherKeys;
            otherKeys = swapped;
            swapped = values;
            values = otherValues;
            otherValues = swapped;
        }
        sorted = true;
    }

    /** Where the entries with each digit go; nothing where all have the same. */
    private int[] starts(int shift) {
        int[] starts = new int[DIGITS];
        for (int i = 0; i < count; i++) {
            starts[digit(keys[i], shift)]++;
        }
        int next = 0;
        for (int digit = 0; digit < DIGITS; digit++) {
            int size = starts[digit];
            if (size == count) {
                return new int[0];
            }
            starts[digit] = next;
            next += size;
        }
        return starts;
    }

    private static int digit(long key, int shift) {
        return (int) (key >>> shift) & (DIGITS - 1);
    }

    /** What was put for a key. It has to be sorted. */
    long[] get(long key) {
        if (!sorted) {
            throw new IllegalStateException("it is not sorted yet");
        }
        int low = 0;
        int high = count;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(keys[middle], key) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        int end = low;
        while (end < count && keys[end] == key) {
            end++;
        }
        return Arrays.copyOfRange(values, low, end);
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
