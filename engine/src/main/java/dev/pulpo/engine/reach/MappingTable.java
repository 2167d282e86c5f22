package dev.pulpo.engine.reach;

import dev.pulpo.elf.SortedAddresses;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The mappings of a process, ascending, as a stop can read them: allocates only where there are more than ever before, or
 * where the map cannot be read from an open descriptor. Addresses are remote. Not thread-safe.
 */
final class MappingTable implements ProcFile.LineReader {
    private static final int SHARED = 1;
    private static final int WRITABLE = 2;
    /** No file and no name: what the process has mapped itself. */
    private static final int ANONYMOUS = 4;
    private static final int MAIN_STACK = 8;
    /** What the kernel or a device shows. */
    private static final int SPECIAL = 16;

    private static final byte[] STACK = ascii("[stack]");
    private static final byte[] NAMED = ascii("[anon");
    private static final byte[][] SPECIAL_NAMES = {ascii("[v"), ascii("anon_inode:"), ascii("/dev/")};
    private static final byte[][] MEMORY_DEVICES = {ascii("/dev/shm/"), ascii("/dev/zero"), ascii("/dev/hugepages")};

    private final int pid;
    private final int tid;
    private final TraceeMemory memory;
    private final ProcFile.MapRoom room;
    private long[] starts = new long[1024];
    private long[] ends = new long[1024];
    private byte[] flags = new byte[1024];
    private int count;
    private int at;

    /** @param tid a live thread, used if the memory has no map of its own */
    MappingTable(int pid, int tid, TraceeMemory memory, Arena arena) {
        this.pid = pid;
        this.tid = tid;
        this.memory = memory;
        room = new ProcFile.MapRoom(arena);
    }

    /** Reads the mappings. There are none if the memory is gone. */
    void read() {
        count = 0;
        try {
            if (!memory.hasMap()) {
                ProcFile.readMaps(ProcFs.thread(pid, tid).resolve("maps"), MemoryMap.MOST_BYTES, this);
            } else if (!memory.readMap(MemoryMap.MOST_BYTES, this, room)) {
                count = 0;
            }
        } catch (ProcFile.TooLongException e) {
            throw MemoryMap.tooLong(pid, e);
        } catch (IOException gone) {
            count = 0;
        }
    }

    /** {@code START-END PERMISSIONS OFFSET MAJOR:MINOR INODE NAME} (proc_pid_maps(5)). */
    @Override
    public boolean take(byte[] bytes, int from, int to) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            flags = Arrays.copyOf(flags, 2 * count);
        }
        at = from;
        starts[count] = number(bytes, to);
        ends[count] = number(bytes, to);
        int permissions = at;
        skipWord(bytes, to);
        skipWord(bytes, to);
        skipWord(bytes, to);
        boolean file = bytes[at] != '0';
        skipWord(bytes, to);
        while (at < to && bytes[at] == ' ') {
            at++;
        }
        flags[count] = (byte) ((bytes[permissions + 3] == 's' ? SHARED : 0)
                | (bytes[permissions + 1] == 'w' ? WRITABLE : 0)
                | (!file && (at >= to || begins(bytes, to, NAMED)) ? ANONYMOUS : 0)
                | (begins(bytes, to, STACK) ? MAIN_STACK : 0) | (isSpecial(bytes, to) ? SPECIAL : 0));
        count++;
        return true;
    }

    private boolean isSpecial(byte[] bytes, int to) {
        return beginsWithAny(bytes, to, SPECIAL_NAMES) && !beginsWithAny(bytes, to, MEMORY_DEVICES);
    }

    private boolean beginsWithAny(byte[] bytes, int to, byte[][] names) {
        for (byte[] name : names) {
            if (begins(bytes, to, name)) {
                return true;
            }
        }
        return false;
    }

    private boolean begins(byte[] bytes, int to, byte[] name) {
        return to - at >= name.length && Arrays.equals(bytes, at, at + name.length, name, 0, name.length);
    }

    /** Reads a hexadecimal number and skips the character after it. */
    private long number(byte[] bytes, int to) {
        long value = 0;
        while (at < to && Character.digit(bytes[at], 16) >= 0) {
            value = value << 4 | Character.digit(bytes[at], 16);
            at++;
        }
        at++;
        return value;
    }

    private void skipWord(byte[] bytes, int to) {
        while (at < to && bytes[at] != ' ') {
            at++;
        }
        at++;
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    int count() {
        return count;
    }

    /** The index of the mapping with this address, or -1. */
    int find(long address) {
        int index = SortedAddresses.floor(starts, count, address);
        return index >= 0 && Long.compareUnsigned(address, ends[index]) < 0 ? index : -1;
    }

    long start(int index) {
        return starts[index];
    }

    /** First address after it. */
    long end(int index) {
        return ends[index];
    }

    /** Whether what is written there can be seen through other mappings. */
    boolean isShared(int index) {
        return (flags[index] & SHARED) != 0;
    }

    boolean isWritable(int index) {
        return (flags[index] & WRITABLE) != 0;
    }

    /** Whether it is anonymous memory that the process has mapped itself. */
    boolean isAnonymous(int index) {
        return (flags[index] & ANONYMOUS) != 0;
    }

    /** Whether it is the stack of the process's first thread. */
    boolean isMainStack(int index) {
        return (flags[index] & MAIN_STACK) != 0;
    }

    /** Whether the kernel or a device shows something there: the process keeps nothing in it. */
    boolean isSpecial(int index) {
        return (flags[index] & SPECIAL) != 0;
    }
}
