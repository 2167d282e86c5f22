package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.iovec;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Reads many ranges of another process's memory with one system call (process_vm_readv(2)), without allocating: add
 * ranges until they no longer fit, read, clear. Not thread-safe.
 */
public final class ScatteredRead {
    /** {@code UIO_MAXIOV}: the kernel takes no more ranges at once. */
    private static final int MOST_RANGES = 1024;
    private static final long ENTRY = iovec.layout().byteSize();

    private final MemorySegment buffer;
    private final MemorySegment local;
    private final MemorySegment remote;
    private final long[] offsets = new long[MOST_RANGES];
    private final long[] lengths = new long[MOST_RANGES];
    private final long[] addresses = new long[MOST_RANGES];
    private final boolean[] complete = new boolean[MOST_RANGES];
    private int count;
    private long used;

    /** @param capacity the total size of all ranges, in bytes */
    public ScatteredRead(long capacity, Arena arena) {
        buffer = arena.allocate(capacity, 8);
        local = arena.allocate(iovec.layout(), MOST_RANGES);
        remote = arena.allocate(iovec.layout(), MOST_RANGES);
    }

    /**
     * Adds a range.
     *
     * @param length a multiple of 8, at most the capacity
     * @return whether there was room for it
     */
    public boolean add(long address, long length) {
        if (count == MOST_RANGES || used + length > buffer.byteSize()) {
            return false;
        }
        fill(local, count, buffer.address() + used, length);
        fill(remote, count, address, length);
        offsets[count] = used;
        lengths[count] = length;
        addresses[count] = address;
        complete[count] = false;
        used += length;
        count++;
        return true;
    }

    /** By offset, because the generated setter of a pointer needs an object. */
    private static void fill(MemorySegment vector, int index, long address, long length) {
        long at = index * ENTRY;
        vector.set(ValueLayout.JAVA_LONG, at + iovec.iov_base$offset(), address);
        vector.set(ValueLayout.JAVA_LONG, at + iovec.iov_len$offset(), length);
    }

    /**
     * Reads all ranges that can be read.
     *
     * @param tid a live thread of the process
     */
    public void read(int tid) {
        int first = 0;
        while (first < count) {
            long bytes = syscall(Linux.SYS_process_vm_readv(), tid, local.address() + first * ENTRY, count - first,
                    remote.address() + first * ENTRY, count - first, 0);
            // The call stops at the first range that it cannot read; a further call reads those after it.
            while (first < count && bytes >= lengths[first]) {
                bytes -= lengths[first];
                complete[first] = true;
                first++;
            }
            first++;
        }
    }

    /** How many ranges there are. */
    public int count() {
        return count;
    }

    /** Whether a range, by the order of adding, was read completely. */
    public boolean isComplete(int index) {
        return complete[index];
    }

    /** The bytes of all ranges. */
    public MemorySegment bytes() {
        return buffer;
    }

    /** The remote address of a range. */
    public long address(int index) {
        return addresses[index];
    }

    /** Where a range begins in {@link #bytes}. */
    public long offset(int index) {
        return offsets[index];
    }

    /** How long a range is, in bytes. */
    public long length(int index) {
        return lengths[index];
    }

    /** Forgets all ranges. */
    public void clear() {
        count = 0;
        used = 0;
    }
}
