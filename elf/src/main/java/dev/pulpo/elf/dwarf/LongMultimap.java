package dev.pulpo.elf.dwarf;

import java.util.Arrays;
import java.util.stream.LongStream;

/** Several longs for a long, in the order in which they were put, without an object for each. Not thread-safe. */
final class LongMultimap {
    private long[] keys = new long[16];
    /** For each slot the number of its first and of its last entry plus one; 0 for a free slot. */
    private int[] firsts = new int[16];
    private int[] lasts = new int[16];
    private int used;
    private long[] values = new long[16];
    private int[] nexts = new int[16];
    private int count;

    void put(long key, long value) {
        if (used * 2 >= keys.length) {
            grow();
        }
        if (count == values.length) {
            values = Arrays.copyOf(values, count * 2);
            nexts = Arrays.copyOf(nexts, count * 2);
        }
        values[count++] = value;
        int slot = slot(keys, firsts, key);
        if (firsts[slot] == 0) {
            keys[slot] = key;
            firsts[slot] = count;
            used++;
        } else {
            nexts[lasts[slot] - 1] = count;
        }
        lasts[slot] = count;
    }

    void putAll(LongMultimap other) {
        for (int slot = 0; slot < other.keys.length; slot++) {
            for (int entry = other.firsts[slot]; entry != 0; entry = other.nexts[entry - 1]) {
                put(other.keys[slot], other.values[entry - 1]);
            }
        }
    }

    long[] get(long key) {
        int slot = slot(keys, firsts, key);
        long[] found = new long[4];
        int length = 0;
        for (int entry = firsts[slot]; entry != 0; entry = nexts[entry - 1]) {
            if (length == found.length) {
                found = Arrays.copyOf(found, length * 2);
            }
            found[length++] = values[entry - 1];
        }
        return Arrays.copyOf(found, length);
    }

    /** All values, in the order in which they were put. */
    LongStream values() {
        return Arrays.stream(values, 0, count);
    }

    int size() {
        return count;
    }

    private static int slot(long[] keys, int[] firsts, long key) {
        int mask = keys.length - 1;
        int slot = (int) ((key * 0x9e3779b97f4a7c15L) >>> 32) & mask;
        while (firsts[slot] != 0 && keys[slot] != key) {
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        long[] oldKeys = keys;
        int[] oldFirsts = firsts;
        int[] oldLasts = lasts;
        keys = new long[oldKeys.length * 2];
        firsts = new int[keys.length];
        lasts = new int[keys.length];
        for (int i = 0; i < oldKeys.length; i++) {
            if (oldFirsts[i] != 0) {
                int slot = slot(keys, firsts, oldKeys[i]);
                keys[slot] = oldKeys[i];
                firsts[slot] = oldFirsts[i];
                lasts[slot] = oldLasts[i];
            }
        }
    }
}
