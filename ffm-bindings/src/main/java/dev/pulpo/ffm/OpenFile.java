package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.Set;

/**
 * A file that another process names or maps, held by a descriptor of this process. The process may be hostile: the name
 * may lead to a device, a FIFO or a file of the kernel, and may lead elsewhere the next time. So a name is resolved once,
 * below that process's root directory, to a descriptor that cannot read (O_PATH in open(2)). The file is checked through
 * that descriptor, and {@link #readable} opens the same file again.
 */
public final class OpenFile implements AutoCloseable {
    /** {@code O_PATH} (asm-generic/fcntl.h): opens neither a device nor a FIFO, and never blocks. */
    private static final int O_PATH = 0x20_0000;
    private static final int O_NONBLOCK = 0x800;
    /** {@code RESOLVE_…} (openat2(2)): neither ".." nor a link leads out of the directory; links of procfs are refused. */
    private static final long RESOLVE_NO_MAGICLINKS = 0x02;
    private static final long RESOLVE_NO_SYMLINKS = 0x04;
    private static final long RESOLVE_IN_ROOT = 0x10;
    /** {@code struct open_how} (openat2(2)): u64 flags, mode, resolve. */
    private static final long OPEN_HOW_BYTES = 24;
    private static final long RESOLVE_OFFSET = 16;
    /** The kernel reports EAGAIN if a directory was renamed meanwhile; resolving again may succeed. */
    private static final int RENAME_TRIES = 8;

    /** {@code struct statfs} of x86-64 (statfs(2)): i64 f_type first, i64 f_flags at 80. */
    private static final long STATFS_BYTES = 120;
    private static final long STATFS_FLAGS = 80;
    private static final long ST_RDONLY = 1;
    private static final long ST_NOEXEC = 8;

    /** {@code PROC_SUPER_MAGIC} (linux/magic.h). */
    private static final long PROC = 0x9fa0;

    /**
     * Virtual file systems of the kernel (linux/magic.h). Opening their files can have side effects: one of tracefs stops
     * tracing, others count readers or consume events.
     */
    private static final Set<Long> OF_THE_KERNEL = Set.of(PROC, 0x6265_6572L /* sysfs */, 0x6462_6720L /* debugfs */,
            0x7472_6163L /* tracefs */, 0x7363_6673L /* securityfs */, 0x27_e0ebL /* cgroup */,
            0x6367_7270L /* cgroup2 */, 0xcafe_4a11L /* bpf */, 0x6165_676cL /* pstore */,
            0xde5e_81e4L /* efivarfs */, 0x1980_0202L /* mqueue */, 0x4249_4e4dL /* binfmt_misc */,
            0x6265_6570L /* configfs */, 0x6573_5543L /* fusectl */, 0xf97c_ff8cL /* selinuxfs */,
            0x1cd1L /* devpts */);

    /** File systems whose files have different device numbers, and maybe inode numbers, in stat(2) than elsewhere. */
    private static final Set<Long> WITH_OTHER_NUMBERS = Set.of(0x794c_7630L /* overlayfs */, 0x9123_683eL /* btrfs */,
            0xca45_1a4eL /* bcachefs */);

    private final int descriptor;
    private final String name;
    private final FileStatus status;

    private OpenFile(int descriptor, String name) throws IOException {
        this.descriptor = descriptor;
        this.name = name;
        try {
            this.status = FileStatus.of(descriptor, name);
        } catch (IOException | RuntimeException failed) {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
            throw failed;
        }
    }

    /** The treatment of symbolic links. */
    public enum Links {
        /** They are followed, and stay below the root directory. */
        FOLLOWED,
        /** The last component must not be a link. */
        NOT_LAST,
        /** No component may be a link. */
        NONE
    }

    /**
     * Finds the file that a process would reach under a name. Does not read the file, and never blocks.
     *
     * @param tid  a live thread of the process
     * @param path the name, relative to that process's root directory, as bytes without a NUL
     * @throws IOException if there is no such file, this process may not search there, or the kernel has no openat2(2)
     * (before Linux 5.6)
     * @throws SystemCallException if no more files can be opened
     */
    public static OpenFile inRoot(int pid, int tid, byte[] path, Links links) throws IOException {
        String root = "/proc/" + pid + "/task/" + tid + "/root";
        String name = root + "/" + new String(path, StandardCharsets.ISO_8859_1);
        try (Arena arena = Arena.ofConfined()) {
            long directory = syscall(Linux.SYS_open(), arena.allocateFrom(root).address(),
                    O_PATH | Linux.O_DIRECTORY() | Linux.O_CLOEXEC(), 0);
            check(root, directory);
            try {
                MemorySegment how = arena.allocate(OPEN_HOW_BYTES, Long.BYTES);
                how.set(ValueLayout.JAVA_LONG, 0,
                        O_PATH | Linux.O_CLOEXEC() | (links == Links.FOLLOWED ? 0 : Linux.O_NOFOLLOW()));
                how.set(ValueLayout.JAVA_LONG, RESOLVE_OFFSET, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS
                        | (links == Links.NONE ? RESOLVE_NO_SYMLINKS : 0));
                return new OpenFile(openBelow((int) directory, path, how, name, arena), name);
            } finally {
                syscall(Linux.SYS_close(), directory, 0, 0);
            }
        }
    }

    private static int openBelow(int directory, byte[] path, MemorySegment how, String name, Arena arena)
            throws IOException {
        MemorySegment text = arena.allocate(path.length + 1L);
        MemorySegment.copy(path, 0, text, ValueLayout.JAVA_BYTE, 0, path.length);
        long result = -Errno.EAGAIN;
        for (int i = 0; i < RENAME_TRIES && result == -Errno.EAGAIN; i++) {
            result = syscall(Linux.SYS_openat2(), directory, text.address(), how.address(), how.byteSize());
        }
        check(name, result);
        return (int) result;
    }

    /**
     * Finds the file of a mapping of a process ({@code /proc/PID/map_files}, proc_pid_map_files(5)), even if its name
     * leads elsewhere by now.
     *
     * @param start first address of the mapping in that process
     * @param end   first address after it
     * @throws IOException if there is no such mapping, or this process may not read it
     * @throws SystemCallException if no more files can be opened
     */
    public static OpenFile mapped(int pid, RemoteAddress start, RemoteAddress end) throws IOException {
        String name = "/proc/" + pid + "/map_files/" + Long.toHexString(start.value()) + "-"
                + Long.toHexString(end.value());
        return own(name.getBytes(StandardCharsets.US_ASCII), name);
    }

    /**
     * Finds an entry of this directory, which may be a link, and is not followed. So a path is walked step by step, and each
     * step looks at the directory that the next one searches.
     *
     * @param entry its name, as bytes without a NUL or a slash; not ".."
     * @throws IOException if there is no such entry
     * @throws SystemCallException if no more files can be opened
     */
    public OpenFile entry(byte[] entry) throws IOException {
        String path = name + "/" + new String(entry, StandardCharsets.ISO_8859_1);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = arena.allocate(OPEN_HOW_BYTES, Long.BYTES);
            how.set(ValueLayout.JAVA_LONG, 0, O_PATH | Linux.O_CLOEXEC() | Linux.O_NOFOLLOW());
            how.set(ValueLayout.JAVA_LONG, RESOLVE_OFFSET,
                    RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
            return new OpenFile(openBelow(descriptor, entry, how, path, arena), path);
        }
    }

    /**
     * Finds a file of this process's own root directory, links followed.
     *
     * @param path its name as bytes without a NUL: Java's paths are characters of the locale, and lose others
     * @param name what to call it in messages
     */
    public static OpenFile own(byte[] path, String name) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(path.length + 1L);
            MemorySegment.copy(path, 0, text, ValueLayout.JAVA_BYTE, 0, path.length);
            long result = syscall(Linux.SYS_open(), text.address(), O_PATH | Linux.O_CLOEXEC(), 0);
            check(name, result);
            return new OpenFile((int) result, name);
        }
    }

    private static void check(String name, long result) throws IOException {
        if (NativeCalls.isError(result)) {
            throw ProcFile.failure(name, (int) -result);
        }
    }

    /** The attributes of the file. */
    public FileStatus status() {
        return status;
    }

    /** Whether it is in a virtual file system of the kernel, where opening a file may have side effects. */
    public boolean isOfTheKernel() {
        return OF_THE_KERNEL.contains(type());
    }

    /** Whether it is in a procfs. */
    public boolean isInProcfs() {
        return type() == PROC;
    }

    /** Whether the numbers in the map of a process may differ from those of {@link #status} for the same file. */
    public boolean hasOtherNumbers() {
        return WITH_OTHER_NUMBERS.contains(type());
    }

    /** Whether the mount allows creating files and mapping them as code. */
    public boolean allowsCode() {
        return (statfs(STATFS_FLAGS) & (ST_RDONLY | ST_NOEXEC)) == 0;
    }

    private long type() {
        return statfs(0);
    }

    /** A field of {@code struct statfs}; 0 if statfs fails, for example because the file system is gone. */
    private long statfs(long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment system = arena.allocate(STATFS_BYTES, Long.BYTES);
            return syscall(Linux.SYS_fstatfs(), descriptor, system.address(), 0) == 0
                    ? system.get(ValueLayout.JAVA_LONG, offset)
                    : 0;
        }
    }

    /**
     * Opens the same file for reading. Does not wait for a lease of its owner (O_NONBLOCK in open(2)).
     *
     * @throws IOException if it is not a regular file, is a file of the kernel, or may not be read
     * @throws SystemCallException if no more files can be opened
     */
    public OpenFile readable() throws IOException {
        if (!status.isRegular() || isOfTheKernel()) {
            throw new FileSystemException(name, null,
                    (status.isRegular() ? "it is a file of the kernel's" : "it is " + status.kind())
                            + ", and a regular file is wanted");
        }
        String own = "/proc/self/fd/" + descriptor;
        try (Arena arena = Arena.ofConfined()) {
            long result = syscall(Linux.SYS_open(), arena.allocateFrom(own).address(),
                    Linux.O_RDONLY() | O_NONBLOCK | Linux.O_CLOEXEC(), 0);
            check(name, result);
            return new OpenFile((int) result, name);
        }
    }

    /** A path by which only this process can open the same file again, as long as this is open. */
    public Path path() {
        return Path.of("/proc/self/fd", Integer.toString(descriptor));
    }

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
    }

    @Override
    public String toString() {
        return name;
    }
}
