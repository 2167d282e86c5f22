package dev.pulpo.engine.reach;

import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.ffm.PageMap;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Reads all memory in which a process can keep an address: pages that it has written, whatever their protection is now, and
 * pages that it shares and may write. Pages without content are not touched, so a sparse mapping costs nothing. For one
 * thread.
 */
final class MemoryScan implements AutoCloseable {
    private static final int CHUNK = 256 * 1024;
    private static final int NEIGHBOUR = Long.BYTES;
    private static final long PAGE = 4096;
    private static final long AROUND = 64 * 1024;

    private final TargetMemory memory;
    private final int tid;
    private final PageMap pages;
    private final ScatteredRead read;
    private final MemorySegment single;
    private final long[] words = new long[CHUNK / Long.BYTES + 4];
    private MemoryMap map = new MemoryMap(List.of());
    private long unreadable;

    /** @param tid a live thread */
    MemoryScan(int pid, int tid, TargetMemory memory, Arena arena) {
        this.memory = memory;
        this.tid = tid;
        pages = new PageMap(pid, tid, arena);
        read = new ScatteredRead(2L * CHUNK, arena);
        single = arena.allocate(PAGE, 8);
    }

    /**
     * Finds the pages.
     *
     * @param now  the mappings
     * @param skip memory that does not count
     */
    void look(MemoryMap now, CodeRanges skip) {
        map = now;
        pages.clear();
        unreadable = 0;
        for (Mapping mapping : now.mappings()) {
            if (skip.find(mapping.start().value()) < 0 && !isOfTheKernel(mapping)
                    && (!mapping.isShared() || mapping.isWritable())
                    && !pages.add(mapping.start().value(), mapping.end().value(), !mapping.isShared())) {
                unreadable = mapping.start().value();
            }
        }
    }

    /**
     * As the other, for a few places.
     *
     * @param places whose mappings are to be read; of those that are long, a part around the place
     */
    void look(MemoryMap now, CodeRanges skip, List<RemoteAddress> places) {
        map = now;
        pages.clear();
        unreadable = 0;
        long done = 0;
        for (RemoteAddress place : places.stream().sorted().toList()) {
            Optional<Mapping> mapping = now.find(place).filter(found -> skip.find(found.start().value()) < 0);
            if (mapping.isPresent()) {
                long start = Math.max(done, Math.max(mapping.get().start().value(), (place.value() & -PAGE) - AROUND));
                done = Math.max(done, Math.min(mapping.get().end().value(), (place.value() & -PAGE) + AROUND));
                if (start < done && !pages.add(start, done, !mapping.get().isShared())) {
                    unreadable = start;
                }
            }
        }
    }

    /** What the kernel or a device shows: the process keeps nothing there. */
    private static boolean isOfTheKernel(Mapping mapping) {
        String path = mapping.path();
        return path.startsWith("[v") || path.startsWith("anon_inode:")
                || path.startsWith("/dev/") && !path.startsWith("/dev/shm/") && !path.startsWith("/dev/zero")
                        && !path.startsWith("/dev/hugepages");
    }

    /** How much there is to read. */
    long bytes() {
        return pages.bytes();
    }

    MemoryMap map() {
        return map;
    }

    /** Reads all pages that were found, unless the budget is spent before. */
    void search(PointerSearch search, PauseBudget budget) {
        for (int i = 0; i < pages.count(); i++) {
            long end = pages.end(i);
            for (long at = pages.start(i); at < end && !budget.isSpent(); at += CHUNK) {
                long first = Math.max(pages.start(i), at - NEIGHBOUR);
                long last = Math.min(end, at + CHUNK + NEIGHBOUR);
                if (!read.add(first, last - first)) {
                    searchRead(search);
                    read.add(first, last - first);
                }
            }
        }
        searchRead(search);
    }

    private void searchRead(PointerSearch search) {
        read.read(tid);
        for (int i = 0; i < read.count(); i++) {
            if (read.isComplete(i)) {
                search(search, read.bytes().asSlice(read.offset(i), read.length(i)), read.address(i));
            } else {
                searchPages(search, read.address(i), read.length(i));
            }
        }
        read.clear();
    }

    /** Page by page, also where the process itself may not read. */
    private void searchPages(PointerSearch search, long start, long length) {
        for (long at = start & -PAGE; at < start + length; at += PAGE) {
            if (memory.readSome(at, single) == PAGE) {
                search(search, single, at);
            } else {
                unreadable = at;
            }
        }
    }

    private void search(PointerSearch search, MemorySegment bytes, long start) {
        int count = (int) (bytes.byteSize() / Long.BYTES);
        words[0] = 0;
        MemorySegment.copy(bytes, ValueLayout.JAVA_LONG, 0, words, 1, count);
        words[count + 1] = 0;
        search.search(words, count + 2, start - Long.BYTES);
    }

    /** Searches bytes that are no memory of the process, such as registers. */
    void searchBytes(PointerSearch search, MemorySegment bytes, long length) {
        Arrays.fill(words, 0, (int) (length / Long.BYTES) + 2, 0);
        search(search, bytes.asSlice(0, length & -Long.BYTES), 0);
    }

    /** An address that could not be looked at; 0 where there is none. */
    long unreadable() {
        return unreadable;
    }

    @Override
    public void close() {
        pages.close();
    }
}
