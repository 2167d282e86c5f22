package dev.pulpo.engine.reach;

import dev.pulpo.engine.code.CodeRanges;
import java.util.Arrays;
import java.util.List;

/**
 * Finds values that could be addresses in some memory, as a conservative garbage collector does. An address may begin at any
 * byte: structures can be packed. Its upper 16 bits do not count: programs keep tags there. In whole words it may also be
 * disguised as glibc disguises what {@code setjmp} and {@code atexit} store (PTR_MANGLE, sysdeps/unix/sysv/linux/x86_64):
 * xor with the pointer guard, rotated left by 17 bits. Allocates nothing, unless there are more findings than ever before.
 */
final class PointerSearch {
    private static final long LOWEST = 0x0101_0101_0101_0101L;
    private static final long HIGHEST = 0x8080_8080_8080_8080L;
    private static final long ADDRESS = 0xffff_ffff_ffffL;
    private static final int MANGLE_BITS = 17;
    /** Further findings change nothing. */
    private static final int MOST = 100_000;

    private long[] starts = new long[16];
    private long[] spans = new long[16];
    private int ranges;
    private long first;
    private long whole;
    /** Bytes that every address in the memory has one of, eight times; and which byte of the address it is. */
    private long[] patterns = new long[16];
    private int[] places = new int[16];
    private int kinds;
    private boolean demangles;
    private long guard;

    private long[] addresses = new long[256];
    private long[] values = new long[256];
    private int count;

    /** Searches for nothing yet. */
    PointerSearch() {}

    /** @param memory what the addresses are searched for */
    PointerSearch(List<CodeRanges.Range> memory) {
        memory.forEach(range -> aim(range.start().value(), range.end().value()));
    }

    /** Searches for nothing again, and forgets what was found. */
    void reset() {
        ranges = 0;
        kinds = 0;
        count = 0;
    }

    /**
     * Searches for addresses in this memory, too.
     *
     * @param end first address after it
     */
    void aim(long start, long end) {
        if (ranges == starts.length) {
            starts = Arrays.copyOf(starts, 2 * ranges);
            spans = Arrays.copyOf(spans, 2 * ranges);
        }
        starts[ranges] = start;
        spans[ranges] = end - start;
        long last = ranges == 0 ? end : Math.max(first + whole, end);
        first = ranges == 0 ? start : Math.min(first, start);
        whole = last - first;
        ranges++;
        // The byte that tells most: of the lower ones all occur, the upper ones are those of all shared objects.
        int place = start >>> 24 == 0 ? 2 : 3;
        for (long part = start >>> 8 * place; part <= end - 1 >>> 8 * place; part++) {
            notePattern((part & 0xff) * LOWEST, place);
        }
    }

    private void notePattern(long pattern, int place) {
        for (int i = 0; i < kinds; i++) {
            if (patterns[i] == pattern && places[i] == place) {
                return;
            }
        }
        if (kinds == patterns.length) {
            patterns = Arrays.copyOf(patterns, 2 * kinds);
            places = Arrays.copyOf(places, 2 * kinds);
        }
        patterns[kinds] = pattern;
        places[kinds] = place;
        kinds++;
    }

    /** The process's pointer guard is known from here on. */
    void demangle(long pointerGuard) {
        demangles = true;
        guard = pointerGuard;
    }

    /** Whether the process's pointer guard is known. */
    boolean demangles() {
        return demangles;
    }

    /** Lets another search know the process's pointer guard, if this one does. */
    void shareGuard(PointerSearch with) {
        with.demangles = demangles;
        with.guard = guard;
    }

    void clear() {
        count = 0;
    }

    /**
     * Searches words that follow each other in memory.
     *
     * @param words the first and the last of these are neighbours of those that are searched, or zero
     * @param end   number of words, neighbours included
     * @param base  address of the first of them
     */
    void search(long[] words, int end, long base) {
        // Usually there are one or two patterns. Most words fail here, so this is all that counts.
        long one = patterns[0];
        long two = patterns[kinds > 1 ? 1 : 0];
        boolean more = kinds > 2;
        for (int i = 1; i < end - 1; i++) {
            long word = words[i];
            long a = word ^ one;
            long b = word ^ two;
            // Zero bytes become the highest bit of their place (and some bytes above them).
            if (((a - LOWEST & ~a | b - LOWEST & ~b) & HIGHEST) != 0 || more) {
                searchWord(words, i, base);
            }
            if (demangles) {
                long plain = Long.rotateRight(word, MANGLE_BITS) ^ guard;
                if (Long.compareUnsigned(plain - first, whole) < 0) {
                    consider(base + 8L * i, plain);
                }
            }
        }
    }

    private void searchWord(long[] words, int i, long base) {
        for (int j = 0; j < kinds; j++) {
            long other = words[i] ^ patterns[j];
            long hits = other - LOWEST & ~other & HIGHEST;
            while (hits != 0) {
                int at = 8 * i + (Long.numberOfTrailingZeros(hits) >>> 3) - places[j];
                hits &= hits - 1;
                consider(base + at, valueAt(words, at));
            }
        }
    }

    private static long valueAt(long[] words, int at) {
        int index = at >> 3;
        int shift = 8 * (at & 7);
        return shift == 0 ? words[index] : words[index] >>> shift | words[index + 1] << 64 - shift;
    }

    /** Small numbers look like addresses below 4 GiB. So for those only whole words at their own places count. */
    private void consider(long address, long value) {
        long plain = value & ADDRESS;
        boolean word = value == plain && (address & 7) == 0;
        for (int i = 0; i < ranges; i++) {
            if (Long.compareUnsigned(plain - starts[i], spans[i]) < 0 && (word || starts[i] >>> Integer.SIZE != 0)) {
                note(address, plain);
                return;
            }
        }
    }

    private void note(long address, long value) {
        if (count > 0 && addresses[count - 1] == address || count == MOST) {
            return;
        }
        if (count == addresses.length) {
            addresses = Arrays.copyOf(addresses, 2 * count);
            values = Arrays.copyOf(values, 2 * count);
        }
        addresses[count] = address;
        values[count] = value;
        count++;
    }

    /** How many have been found since {@link #clear}. */
    int count() {
        return count;
    }

    /** Where one was found. */
    long address(int index) {
        return addresses[index];
    }

    /** The address that it could be. */
    long value(int index) {
        return values[index];
    }
}
