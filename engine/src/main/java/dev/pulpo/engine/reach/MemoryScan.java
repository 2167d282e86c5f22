package dev.pulpo.engine.reach;

import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.PageMap;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Reads all memory in which a process can keep an address: pages that it has written, whatever their protection is now, and
 * pages that it shares and may write. Pages without content are not touched, so a sparse mapping costs nothing. Allocates
 * only where there is more than ever before. For one thread.
 */
final class MemoryScan implements AutoCloseable {
    private static final int CHUNK = 256 * 1024;
    private static final int NEIGHBOUR = Long.BYTES;
    private static final long PAGE = 4096;
    private static final long AROUND = 64 * 1024;
    /** How many threads to ask; each may end before it is. */
    private static final int MOST_THREADS = 20;

    private final TraceeMemory memory;
    private final int tid;
    private final PageMap pages;
    private final ScatteredRead read;
    private final MemorySegment single;
    private final long[] words = new long[CHUNK / Long.BYTES + 4];
    private long unreadable;

    /** @param thread one that was alive; another is taken where it has left the memory since */
    MemoryScan(int pid, int thread, TraceeMemory memory, Arena arena) {
        this.memory = memory;
        int asked = thread;
        PageMap map = open(pid, asked, memory, arena);
        for (int i = 0; map == null && i < MOST_THREADS; i++) {
            asked = ProcFs.anyLiveThread(pid);
            map = open(pid, asked, memory, arena);
        }
        if (map == null) {
            throw new TargetUnreadableException(pid, "its threads end faster than one can be asked; try again");
        }
        tid = asked;
        pages = map;
        read = new ScatteredRead(2L * CHUNK, arena);
        single = arena.allocate(PAGE, 8);
    }

    /** Null where the thread has left the memory, and others use it still. */
    private static @Nullable PageMap open(int pid, int tid, TraceeMemory memory, Arena arena) {
        try {
            return new PageMap(pid, tid, arena);
        } catch (SystemCallException e) {
            if (!ProcFs.isLeaving(pid, tid) || memory.isGone()) {
                throw e;
            }
            return null;
        }
    }

    /**
     * Finds the pages.
     *
     * @param map  the mappings now
     * @param skip memory that does not count
     */
    void look(MappingTable map, CodeRanges skip) {
        begin(map);
        for (int i = 0; i < map.count(); i++) {
            if (skip.find(map.start(i)) < 0 && !map.isSpecial(i) && (!map.isShared(i) || map.isWritable(i))) {
                add(map.start(i), map.end(i), map.isShared(i));
            }
        }
    }

    /**
     * As the other, for a few places.
     *
     * @param places whose mappings are to be read; of those that are long, a part around the place. They get sorted
     */
    void look(MappingTable map, CodeRanges skip, AddressBag places) {
        begin(map);
        places.sort();
        long done = 0;
        for (int i = 0; i < places.count(); i++) {
            int mapping = map.find(places.get(i));
            if (mapping >= 0 && skip.find(map.start(mapping)) < 0) {
                long page = places.get(i) & -PAGE;
                long start = Math.max(done, Math.max(map.start(mapping), page - AROUND));
                done = Math.max(done, Math.min(map.end(mapping), page + AROUND));
                if (start < done) {
                    add(start, done, map.isShared(mapping));
                }
            }
        }
    }

    private void begin(MappingTable map) {
        pages.clear();
        // Without any mapping nothing can be said about the memory.
        unreadable = map.count() == 0 ? PAGE : 0;
    }

    private void add(long start, long end, boolean shared) {
        if (!pages.add(start, end, !shared)) {
            unreadable = start;
        }
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
                search(search, read.bytes(), read.offset(i), read.length(i), read.address(i));
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
                search(search, single, 0, PAGE, at);
            } else {
                unreadable = at;
            }
        }
    }

    private void search(PointerSearch search, MemorySegment bytes, long offset, long length, long start) {
        int count = (int) (length / Long.BYTES);
        words[0] = 0;
        MemorySegment.copy(bytes, ValueLayout.JAVA_LONG, offset, words, 1, count);
        words[count + 1] = 0;
        search.search(words, count + 2, start - Long.BYTES);
    }

    /** Searches bytes that are no memory of the process, such as registers. What it finds is told by its offset. */
    void searchBytes(PointerSearch search, MemorySegment bytes, long offset, long length) {
        search(search, bytes, offset, length & -Long.BYTES, 0);
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
