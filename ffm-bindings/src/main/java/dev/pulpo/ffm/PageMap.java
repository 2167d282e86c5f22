package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Which pages of a process have content: {@code /proc/PID/task/TID/pagemap} (proc_pid_pagemap(5)). Asking neither reads nor
 * populates a page. Allocates only where there are more ranges than ever before. Not thread-safe.
 */
public final class PageMap implements AutoCloseable {
    private static final long PAGE = 4096;

    /**
     * {@code PAGEMAP_SCAN} (linux/fs.h, since Linux 6.7): {@code _IOWR('f', 16, struct pm_scan_arg)}. The structure has
     * twelve u64: size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask,
     * category_anyof_mask, return_mask. A range ({@code struct page_region}) has three: start, end, categories.
     */
    private static final long PAGEMAP_SCAN = 0xc060_6610L;
    private static final int SCAN_BYTES = 96;
    /** Of some fields, which one it is. */
    private static final int START = 2;
    private static final int WALK_END = 4;
    private static final int VECTOR = 5;
    private static final int INVERTED = 8;
    private static final int REGION_BYTES = 24;
    private static final int REGIONS = 2048;
    private static final long PAGE_IS_FILE = 1 << 2;
    private static final long PAGE_IS_PRESENT = 1 << 3;
    private static final long PAGE_IS_SWAPPED = 1 << 4;
    private static final long PAGE_IS_PFNZERO = 1 << 5;
    /** {@code ENOTTY}: the kernel knows no such request. */
    private static final int ENOTTY = 25;

    /** Bits of an entry of pagemap (Documentation/admin-guide/mm/pagemap.rst). */
    private static final long PRESENT = 1L << 63;
    private static final long SWAPPED = 1L << 62;
    private static final long FILE = 1L << 61;
    private static final int ENTRIES = 16 * 1024;
    /** Without PAGEMAP_SCAN each page costs eight bytes to read, also where nothing is. */
    private static final long MOST_BYTES_READ = 1L << 40;

    private final int descriptor;
    private final MemorySegment request;
    private final MemorySegment regions;
    private final MemorySegment entries;
    private boolean scans = true;
    private long left = MOST_BYTES_READ;
    private long[] starts = new long[1024];
    private long[] ends = new long[1024];
    private int count;

    /** Opens the page map of a live thread's memory. @throws SystemCallException where it may not be read */
    public PageMap(int pid, int tid, Arena arena) {
        request = arena.allocate(SCAN_BYTES, 8);
        regions = arena.allocate((long) REGIONS * REGION_BYTES, 8);
        entries = arena.allocate(ENTRIES * 8L, 8);
        String path = "/proc/" + pid + "/task/" + tid + "/pagemap";
        try (Arena scratch = Arena.ofConfined()) {
            descriptor = (int) NativeCalls.check("open(" + path + ")", syscall(Linux.SYS_open(),
                    scratch.allocateFrom(path).address(), Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0));
        }
    }

    /** Forgets all ranges. */
    public void clear() {
        count = 0;
        left = MOST_BYTES_READ;
    }

    /**
     * Adds the ranges of pages that are in memory or in swap. The kernel's page of zeros does not count.
     *
     * @param start     of whole pages
     * @param end       first address after them
     * @param anonymous whether to leave out pages that are those of a file, or shared
     * @return false where the kernel does not tell, or where there are too many pages to ask for
     */
    public boolean add(long start, long end, boolean anonymous) {
        return scans && scan(start, end, anonymous) || !scans && read(start, end, anonymous);
    }

    private boolean scan(long start, long end, boolean anonymous) {
        long file = anonymous ? PAGE_IS_FILE : 0;
        long from = start;
        while (from < end) {
            field(0, SCAN_BYTES);
            field(START, from);
            field(START + 1, end);
            field(VECTOR, regions.address());
            field(VECTOR + 1, REGIONS);
            field(INVERTED, PAGE_IS_PFNZERO | file);
            field(INVERTED + 1, PAGE_IS_PFNZERO | file);
            field(INVERTED + 2, PAGE_IS_PRESENT | PAGE_IS_SWAPPED);
            field(INVERTED + 3, PAGE_IS_FILE);
            long found = syscall(Linux.SYS_ioctl(), descriptor, PAGEMAP_SCAN, request.address());
            if (found < 0) {
                scans = found != -ENOTTY && found != -Errno.EINVAL;
                return !scans && read(from, end, anonymous);
            }
            for (long i = 0; i < found; i++) {
                note(regions.get(ValueLayout.JAVA_LONG, i * REGION_BYTES),
                        regions.get(ValueLayout.JAVA_LONG, i * REGION_BYTES + 8));
            }
            long next = request.get(ValueLayout.JAVA_LONG, 8 * WALK_END);
            if (next <= from) {
                return false;
            }
            from = next;
        }
        return true;
    }

    private void field(int index, long value) {
        request.set(ValueLayout.JAVA_LONG, 8L * index, value);
    }

    private boolean read(long start, long end, boolean anonymous) {
        left -= end - start;
        if (left < 0) {
            return false;
        }
        long from = start;
        while (from < end) {
            long pages = Math.min(ENTRIES, (end - from) / PAGE);
            long bytes = syscall(Linux.SYS_pread64(), descriptor, entries.address(), pages * 8, from / PAGE * 8);
            if (bytes <= 0) {
                return false;
            }
            for (long i = 0; i < bytes / 8; i++) {
                long entry = entries.get(ValueLayout.JAVA_LONG, i * 8);
                if ((entry & (PRESENT | SWAPPED)) != 0 && !(anonymous && (entry & FILE) != 0)) {
                    note(from + i * PAGE, from + (i + 1) * PAGE);
                }
            }
            from += bytes / 8 * PAGE;
        }
        return true;
    }

    private void note(long start, long end) {
        if (count > 0 && ends[count - 1] == start) {
            ends[count - 1] = end;
            return;
        }
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
        }
        starts[count] = start;
        ends[count] = end;
        count++;
    }

    /** How many ranges there are. Neighbours are one, even across mappings. */
    public int count() {
        return count;
    }

    public long start(int index) {
        return starts[index];
    }

    public long end(int index) {
        return ends[index];
    }

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
    }
}
