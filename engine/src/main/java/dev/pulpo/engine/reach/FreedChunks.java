package dev.pulpo.engine.reach;

import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Chunks that glibc's {@code malloc} has taken back, and that keep old words, such as those of the {@code struct link_map} of
 * a library that was closed. What shows that a chunk is free is what {@code malloc} itself checks before it takes one out of a
 * list (malloc/malloc.c, {@code unlink_chunk}): its size stands behind it, too, the next chunk says that it is not in use,
 * and its neighbours in the list point to it. A header that is left over from a chunk that became part of another has
 * none of these neighbours. Chunks in the caches of threads, and the last chunk of a heap, do not count as free.
 *
 * <p>Chunks are searched for while the process runs, and confirmed in a stop. Not thread-safe.
 */
final class FreedChunks {
    private static final long ALIGNMENT = 16;
    private static final long SMALLEST = 32;
    /** From the first address of a chunk. */
    private static final int SIZE = 8;
    private static final int FORWARD = 16;
    private static final int BACKWARD = 24;
    private static final int CONTENT = 16;
    private static final long IN_USE_BEFORE = 1;
    private static final long IS_MMAPPED = 2;
    private static final long FLAGS = 7;
    /** How far before a word its chunk is searched for. */
    private static final int REACH = 64 * 1024;
    /** For more words than these no chunk is searched for. */
    private static final int MOST_WORDS = 4096;

    private final TargetMemory memory;
    private final MemorySegment before;
    private final MemorySegment word;
    private int count;
    private long[] starts = new long[16];
    private long[] ends = new long[16];
    private boolean[] confirmed = new boolean[16];

    FreedChunks(TargetMemory memory, Arena arena) {
        this.memory = memory;
        before = arena.allocate(REACH, 8);
        word = arena.allocate(Long.BYTES, 8);
    }

    /**
     * Looks for the free chunks that hold words, and forgets others.
     *
     * @param found   the words
     * @param holders knows which of them do not matter
     * @param map     the mappings now
     */
    void findAll(PointerSearch found, Holders holders, MappingTable map) {
        count = 0;
        for (int i = 0; i < Math.min(found.count(), MOST_WORDS); i++) {
            if (!holders.isLoaders(found.address(i), found.value(i))) {
                find(found.address(i), map);
            }
        }
    }

    private void find(long address, MappingTable map) {
        int mapping = map.find(address);
        if (mapping < 0 || holding(address) >= 0) {
            return;
        }
        long from = Math.max(map.start(mapping), (address & -ALIGNMENT) - REACH);
        MemorySegment bytes = before.asSlice(0, (address & -ALIGNMENT) - from);
        if (memory.readSome(from, bytes) < bytes.byteSize()) {
            return;
        }
        for (long start = (address & -ALIGNMENT) - CONTENT; start >= from; start -= ALIGNMENT) {
            long size = bytes.get(ValueLayout.JAVA_LONG, start - from + SIZE);
            long end = start + (size & ~FLAGS);
            if ((size & IS_MMAPPED) == 0 && (size & ALIGNMENT - 1 & ~FLAGS) == 0 && end >= start + SMALLEST
                    && end >= address + Long.BYTES && end < map.end(mapping) && isFree(start, end)) {
                note(start, end);
                return;
            }
        }
    }

    private void note(long start, long end) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            confirmed = Arrays.copyOf(confirmed, 2 * count);
        }
        starts[count] = start;
        ends[count] = end;
        confirmed[count] = false;
        count++;
    }

    /** In a stop: which of the chunks are free. */
    void confirm() {
        for (int i = 0; i < count; i++) {
            confirmed[i] = isFree(starts[i], ends[i]);
        }
    }

    private boolean isFree(long start, long end) {
        return (longAt(start + SIZE) & ~FLAGS) == end - start && longAt(end) == end - start
                && (longAt(end + SIZE) & IN_USE_BEFORE) == 0
                && longAt(longAt(start + FORWARD) + BACKWARD) == start
                && longAt(longAt(start + BACKWARD) + FORWARD) == start;
    }

    /** What stands at an address; 0 where nothing can be read. */
    private long longAt(long address) {
        return memory.readSome(address, word) == Long.BYTES ? word.get(ValueLayout.JAVA_LONG, 0) : 0;
    }

    /** Whether a word lies in a chunk that {@link #confirm} has found free. */
    boolean holds(long address) {
        int chunk = holding(address);
        return chunk >= 0 && confirmed[chunk];
    }

    private int holding(long address) {
        for (int i = 0; i < count; i++) {
            if (starts[i] + CONTENT <= address && address + Long.BYTES <= ends[i]) {
                return i;
            }
        }
        return -1;
    }
}
