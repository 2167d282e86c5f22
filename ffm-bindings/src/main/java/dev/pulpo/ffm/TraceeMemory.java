package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;

/**
 * The memory of one process image, through {@code /proc/PID/task/TID/mem} (proc(5)), and what is mapped in it.
 *
 * <p>Opening it needs permission to trace, but stops nothing. The descriptor refers to the memory, not to the process:
 * after an {@code execve} or the exit of the target, reads and writes find nothing instead of the memory of another
 * program. Writes reach read-only pages, including code, and give the process a private copy of the page, as a debugger's
 * do. Thread-safe until closed.
 */
public final class TraceeMemory implements TargetMemory, AutoCloseable {
    /** Below the lowest address of any mapping in an ordinary program (vm.mmap_min_addr). */
    private static final long NEVER_MAPPED = 16;

    private static final Path MAPS = Path.of("maps");
    private static final int NONE = -1;

    private final int tid;
    private final int descriptor;
    private final int map;
    private boolean closed;

    private TraceeMemory(int tid, int descriptor, int map) {
        this.tid = tid;
        this.descriptor = descriptor;
        this.map = map;
    }

    /**
     * Opens the memory that a thread of the process uses.
     *
     * @param tid a live thread; a leader that has exited has no memory any more, although its process has
     * @throws SystemCallException EACCES or EPERM without permission, ENOENT or ESRCH if there is no such thread
     */
    public static TraceeMemory open(int pid, int tid) {
        String path = "/proc/" + pid + "/task/" + tid + "/mem";
        try (Arena arena = Arena.ofConfined()) {
            long result = syscall(Linux.SYS_open(), arena.allocateFrom(path).address(),
                    Linux.O_RDWR() | Linux.O_CLOEXEC(), 0);
            NativeCalls.check("open(" + path + ")", result);
            TraceeMemory memory = new TraceeMemory(tid, (int) result, tid == pid ? openMap(pid, arena) : NONE);
            if (memory.isGone()) {
                // The thread has left the memory, or has executed another program in between, to which the map belongs.
                memory.close();
                throw new SystemCallException("open(" + path + ")", Errno.ESRCH);
            }
            return memory;
        }
    }

    private static int openMap(int pid, Arena arena) {
        long map = syscall(Linux.SYS_open(), arena.allocateFrom("/proc/" + pid + "/maps").address(),
                Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
        if (NativeCalls.isError(map)) {
            return NONE;
        }
        if (readsNothing((int) map, 0)) {
            // The leader has left its memory in between, and its map is empty.
            syscall(Linux.SYS_close(), map, 0, 0);
            return NONE;
        }
        return (int) map;
    }

    private static boolean readsNothing(int descriptor, long offset) {
        try (Arena arena = Arena.ofConfined()) {
            return syscall(Linux.SYS_pread64(), descriptor, arena.allocate(1).address(), 1, offset) == 0;
        }
    }

    /**
     * Whether {@link #readMap} works. It does not if the leader of the process had exited at the time of opening: a map
     * that is opened through another thread is lost with that thread.
     */
    public boolean hasMap() {
        return map != NONE;
    }

    /**
     * Reads the mappings of this memory, as in proc_pid_maps(5). If there are lines, the process is still the one that
     * was opened, and its id is not reused.
     *
     * @return false if the memory or the process is gone; earlier lines are then invalid
     * @throws ProcFile.TooLongException if there are more than {@code most} bytes
     * @throws IllegalStateException if this is closed
     */
    public boolean readMap(long most, ProcFile.LineReader reader) throws ProcFile.TooLongException {
        try (Arena arena = Arena.ofConfined()) {
            return readMap(most, reader, new ProcFile.MapRoom(arena));
        }
    }

    /** As {@link #readMap(long, ProcFile.LineReader)}, without allocating where the map is open. */
    public synchronized boolean readMap(long most, ProcFile.LineReader reader, ProcFile.MapRoom room)
            throws ProcFile.TooLongException {
        if (closed) {
            throw new IllegalStateException("the memory of thread " + tid + " has been closed");
        }
        try {
            ProcFile.readMaps(MAPS, map, most, reader, room);
            return true;
        } catch (ProcFile.TooLongException tooLong) {
            throw tooLong;
        } catch (IOException gone) {
            return false;
        }
    }

    @Override
    public void read(RemoteAddress from, MemorySegment into) {
        long done = 0;
        while (done < into.byteSize()) {
            long result = syscall(Linux.SYS_pread64(), descriptor, into.address() + done, into.byteSize() - done,
                    from.value() + done);
            done += progress("read", from, into.byteSize(), result);
        }
    }

    @Override
    public long readSome(long from, MemorySegment into) {
        long done = 0;
        while (done < into.byteSize()) {
            long result = syscall(Linux.SYS_pread64(), descriptor, into.address() + done, into.byteSize() - done,
                    from + done);
            if (result <= 0) {
                break;
            }
            done += result;
        }
        return done;
    }

    @Override
    public void write(RemoteAddress to, MemorySegment from) {
        long done = 0;
        while (done < from.byteSize()) {
            long result = writeSome(to.value() + done, from.address() + done, from.byteSize() - done);
            done += progress("write", to, from.byteSize(), result);
        }
    }

    /** One write, for use in a stop. Returns 0 if everything was written, else an error number. */
    public int tryWrite(long to, MemorySegment from) {
        long result = writeSome(to, from.address(), from.byteSize());
        if (result == from.byteSize()) {
            return 0;
        }
        return result < 0 ? (int) -result : Errno.EIO;
    }

    /**
     * Whether the memory is gone: every thread that used it has ended or executed another program. Reading an unmapped
     * address is an error; reading memory that is gone is the end of the file.
     */
    public boolean isGone() {
        return readsNothing(descriptor, NEVER_MAPPED);
    }

    private long writeSome(long to, long from, long length) {
        return syscall(Linux.SYS_pwrite64(), descriptor, from, length, to);
    }

    private long progress(String what, RemoteAddress where, long length, long result) {
        // The kernel returns zero after the last thread of the image has gone.
        if (result <= 0) {
            throw new SystemCallException(
                    what + " of " + length + " bytes at " + where + " in the memory of thread " + tid,
                    result == 0 ? Errno.ESRCH : (int) -result);
        }
        return result;
    }

    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            syscall(Linux.SYS_close(), descriptor, 0, 0);
            if (hasMap()) {
                syscall(Linux.SYS_close(), map, 0, 0);
            }
        }
    }
}
