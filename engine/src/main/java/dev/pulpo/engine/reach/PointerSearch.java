package dev.pulpo.engine.reach;

import dev.pulpo.engine.code.CodeRanges;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;

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

    private final long[] starts;
    private final long[] spans;
    private final long first;
    private final long whole;
    /** Bytes that every address in the memory has one of, eight times; and which byte of the address it is. */
    private final long[] patterns;
    private final int[] places;
    private boolean demangles;
    private long guard;

    private long[] addresses = new long[256];
    private long[] values = new long[256];
    private int count;

    /** @param memory what the addresses are searched for; at least one range */
    PointerSearch(List<CodeRanges.Range> memory) {
        starts = memory.stream().mapToLong(range -> range.start().value()).toArray();
        spans = memory.stream().mapToLong(range -> range.end().value() - range.start().value()).toArray();
        first = Arrays.stream(starts).min().orElseThrow();
        whole = memory.stream().mapToLong(range -> range.end().value()).max().orElseThrow() - first;
        List<long[]> bytes = new ArrayList<>();
        for (int i = 0; i < starts.length; i++) {
            // The byte that tells most: of the lower ones all occur, the upper ones are those of all shared objects.
            int place = starts[i] >>> 24 == 0 ? 2 : 3;
            long last = starts[i] + spans[i] - 1 >>> 8 * place;
            for (long part = starts[i] >>> 8 * place; part <= last; part++) {
                long[] pattern = {(part & 0xff) * LOWEST, place};
                if (bytes.stream().noneMatch(known -> Arrays.equals(known, pattern))) {
                    bytes.add(pattern);
                }
            }
        }
        patterns = bytes.stream().mapToLong(pattern -> pattern[0]).toArray();
        places = bytes.stream().mapToInt(pattern -> (int) pattern[1]).toArray();
    }

    /** The process's pointer guard is known from here on. */
    void demangle(long pointerGuard) {
        demangles = true;
        guard = pointerGuard;
    }

    /** The process's pointer guard, if it is known. */
    OptionalLong guard() {
        return demangles ? OptionalLong.of(guard) : OptionalLong.empty();
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
        long two = patterns[patterns.length > 1 ? 1 : 0];
        boolean more = patterns.length > 2;
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
        for (int j = 0; j < patterns.length; j++) {
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
        for (int i = 0; i < starts.length; i++) {
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
