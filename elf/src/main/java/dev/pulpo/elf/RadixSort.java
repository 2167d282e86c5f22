package dev.pulpo.elf;

/** Sorts pairs of an unsigned 64-bit key and a number without allocating objects. Stable. */
public final class RadixSort {
    private static final int DIGIT = 8;
    private static final int DIGITS = 1 << DIGIT;

    private RadixSort() {}

    /** Sorts the keys, and the values with them. */
    public static void sort(long[] keys, long[] values) {
        long[] fromKeys = keys;
        long[] fromValues = values;
        long[] toKeys = new long[keys.length];
        long[] toValues = new long[values.length];
        boolean inPlace = true;
        for (int shift = 0; shift < Long.SIZE; shift += DIGIT) {
            int[] ends = ends(fromKeys, shift);
            if (ends.length == 0) {
                continue;
            }
            for (int i = keys.length - 1; i >= 0; i--) {
                int to = --ends[digit(fromKeys[i], shift)];
                toKeys[to] = fromKeys[i];
                toValues[to] = fromValues[i];
            }
            long[] usedKeys = fromKeys;
            fromKeys = toKeys;
            toKeys = usedKeys;
            long[] usedValues = fromValues;
            fromValues = toValues;
            toValues = usedValues;
            inPlace = !inPlace;
        }
        if (!inPlace) {
            System.arraycopy(fromKeys, 0, keys, 0, keys.length);
            System.arraycopy(fromValues, 0, values, 0, values.length);
        }
    }

    /** Where the run of each digit ends; empty if all keys have the same digit. */
    private static int[] ends(long[] keys, int shift) {
        int[] counts = new int[DIGITS];
        for (long key : keys) {
            counts[digit(key, shift)]++;
        }
        int end = 0;
        for (int i = 0; i < DIGITS; i++) {
            if (counts[i] == keys.length) {
                return new int[0];
            }
            end += counts[i];
            counts[i] = end;
        }
        return counts;
    }

    private static int digit(long key, int shift) {
        return (int) (key >>> shift) & (DIGITS - 1);
    }
}
