package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The threads of a process from {@code /proc/PID/task}, read by plain system calls. Listing them again in a stop
 * allocates nothing unless there are more than ever before. Not thread-safe.
 */
public final class TaskList implements AutoCloseable {
    private static final int BUFFER_BYTES = 32 * 1024;
    /** A {@code struct linux_dirent64} with a name of ten digits, rounded up. */
    private static final int LONGEST_ENTRY = 64;
    /** {@code struct stat} of x86-64 (asm/stat.h): u64 device, inode, number of links. */
    private static final long STAT_BYTES = 144;
    private static final long LINKS = 16;
    /** Links that every directory has: its name, and its own dot. */
    private static final int OWN_LINKS = 2;
    /** Room for the digits of a thread id. */
    private static final int DIGITS = 10;

    private final String path;
    private final int descriptor;
    private final MemorySegment buffer;
    private final MemorySegment stat;
    private final MemorySegment statPath;
    private int[] tids = new int[256];
    private int count;
    private boolean isRead;
    /** Whether the list ends with the first answer that leaves room in the buffer. */
    private final boolean endsShort;

    /** The processes that this one may see, from {@code /proc}; they are listed like threads. */
    static TaskList ofProcesses(Arena arena) {
        return new TaskList("/proc", false, arena);
    }

    /** Opens the list. @throws SystemCallException with ENOENT if there is no such process */
    public TaskList(int pid, Arena arena) {
        this("/proc/" + pid + "/task", true, arena);
    }

    private TaskList(String path, boolean endsShort, Arena arena) {
        this.path = path;
        this.endsShort = endsShort;
        buffer = arena.allocate(BUFFER_BYTES, 8);
        stat = arena.allocate(STAT_BYTES, 8);
        statPath = arena.allocate(DIGITS + 7L);
        statPath.setString(DIGITS, "/stat");
        try (Arena scratch = Arena.ofConfined()) {
            descriptor = (int) check("open(" + path + ")",
                    syscall(Linux.SYS_open(), scratch.allocateFrom(path).address(),
                            Linux.O_RDONLY() | Linux.O_DIRECTORY() | Linux.O_CLOEXEC(), 0));
        }
    }

    /**
     * Reads the list again.
     *
     * @return how many threads there are, zombies included; 0 once the process is gone
     */
    public int refresh() {
        count = 0;
        if (isRead) {
            checked("lseek", syscall(Linux.SYS_lseek(), descriptor, 0, 0));
        }
        isRead = true;
        while (true) {
            long bytes = syscall(Linux.SYS_getdents64(), descriptor, buffer.address(), BUFFER_BYTES);
            if (bytes == -Errno.ENOENT || bytes == -Errno.ESRCH) {
                return count;
            }
            checked("getdents64", bytes);
            parse(bytes);
            // The kernel returns entries as long as they fit (fs/proc/base.c, proc_task_readdir).
            if (bytes == 0 || endsShort && bytes < BUFFER_BYTES - LONGEST_ENTRY) {
                return count;
            }
        }
    }

    /**
     * How many threads there are now, zombies included, from the directory's number of links (fs/proc/base.c,
     * proc_task_getattr).
     *
     * @return 0 once the process is gone
     */
    public int threadCount() {
        long error = syscall(Linux.SYS_fstat(), descriptor, stat.address(), 0);
        return error == 0 ? Math.toIntExact(Math.max(0, stat.get(ValueLayout.JAVA_LONG, LINKS) - OWN_LINKS)) : 0;
    }

    /** Builds the message only if there is a failure. */
    private void checked(String call, long result) {
        if (NativeCalls.isError(result)) {
            check(call + "(" + path + ")", result);
        }
    }

    /**
     * The state of a thread of the process as a letter (proc_pid_stat(5)), or 0 if there is no such thread. Allocates
     * nothing.
     */
    public char state(int tid) {
        long bytes = read(tid);
        // The name before the state is in parentheses, and may contain any character, even parentheses.
        for (long at = bytes - 3; at >= 0; at--) {
            if (buffer.get(ValueLayout.JAVA_BYTE, at) == ')') {
                return (char) buffer.get(ValueLayout.JAVA_BYTE, at + 2);
            }
        }
        return 0;
    }

    /**
     * Reads the sizes of a process's memory, in pages: program, resident, shared, text, 0, data, 0 (proc_pid_statm(5)).
     * Allocates nothing.
     *
     * @param into room for seven
     * @return whether it has memory
     */
    boolean readSizes(int tid, long[] into) {
        statPath.set(ValueLayout.JAVA_BYTE, DIGITS + 5L, (byte) 'm');
        long bytes = read(tid);
        statPath.set(ValueLayout.JAVA_BYTE, DIGITS + 5L, (byte) 0);
        java.util.Arrays.fill(into, 0);
        int field = 0;
        for (long at = 0; at < bytes && field < into.length; at++) {
            byte character = buffer.get(ValueLayout.JAVA_BYTE, at);
            if (character >= '0' && character <= '9') {
                into[field] = into[field] * 10 + character - '0';
            } else {
                field++;
            }
        }
        return into[0] != 0;
    }

    /** Reads the file of a thread that {@link #pathOf} names into the buffer; returns an error or the number of bytes. */
    private long read(int tid) {
        long file = syscall(Linux.SYS_openat(), descriptor, pathOf(tid), Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
        if (NativeCalls.isError(file)) {
            return file;
        }
        long bytes = syscall(Linux.SYS_read(), file, buffer.address(), BUFFER_BYTES);
        syscall(Linux.SYS_close(), file, 0, 0);
        return bytes;
    }

    /** The path {@code TID/stat}, relative to the directory of the list; written from its end. */
    private long pathOf(int tid) {
        int rest = tid;
        int at = DIGITS;
        do {
            at--;
            statPath.set(ValueLayout.JAVA_BYTE, at, (byte) ('0' + rest % 10));
            rest /= 10;
        } while (rest > 0);
        return statPath.address() + at;
    }

    /** {@code struct linux_dirent64}: u64 inode, i64 offset, u16 length of the record, u8 type, name, NUL. */
    private void parse(long bytes) {
        long at = 0;
        while (at < bytes) {
            int length = Short.toUnsignedInt(buffer.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 16));
            int tid = 0;
            for (long i = at + 19; i < at + length; i++) {
                byte character = buffer.get(ValueLayout.JAVA_BYTE, i);
                if (character < '0' || character > '9') {
                    break;
                }
                tid = tid * 10 + character - '0';
            }
            if (tid != 0) {
                add(tid);
            }
            at += length;
        }
    }

    private void add(int tid) {
        if (count == tids.length) {
            tids = java.util.Arrays.copyOf(tids, 2 * count);
        }
        tids[count++] = tid;
    }

    /** All current threads of a process. @throws SystemCallException with ENOENT if there is no such process */
    public static int[] of(int pid) {
        try (Arena arena = Arena.ofConfined(); TaskList list = new TaskList(pid, arena)) {
            list.refresh();
            return java.util.Arrays.copyOf(list.tids, list.count);
        }
    }

    /** The processes that this one may see, zombies included. @throws SystemCallException where no more files can be opened */
    public static int[] processes() {
        try (Arena arena = Arena.ofConfined(); TaskList list = ofProcesses(arena)) {
            list.refresh();
            return java.util.Arrays.copyOf(list.tids, list.count);
        }
    }

    /** Thread number {@code index} of the last {@link #refresh}. */
    public int tid(int index) {
        return tids[java.util.Objects.checkIndex(index, count)];
    }

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
    }
}
