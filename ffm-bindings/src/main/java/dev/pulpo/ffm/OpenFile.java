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
 * A file that another process names or maps, held by a descriptor of this process. Its owner may be hostile: the name may
 * lead to a device, a FIFO or a file of the kernel, and may lead elsewhere the next time. So a name is resolved once, below
 * that process's root directory, to a descriptor that reads nothing (O_PATH in open(2)). What it leads to is looked at
 * through that descriptor, and {@link #readable} opens the same file again.
 */
public final class OpenFile implements AutoCloseable {
    /** {@code O_PATH} (asm-generic/fcntl.h): opens neither a device nor a FIFO, and waits for nothing. */
    private static final int O_PATH = 0x20_0000;
    private static final int O_NONBLOCK = 0x800;
    /** {@code RESOLVE_…} (openat2(2)): neither ".." nor a link leads out of the directory; links of procfs lead nowhere. */
    private static final long RESOLVE_NO_MAGICLINKS = 0x02;
    private static final long RESOLVE_NO_SYMLINKS = 0x04;
    private static final long RESOLVE_IN_ROOT = 0x10;
    /** {@code struct open_how} (openat2(2)): u64 flags, mode, resolve. */
    private static final long OPEN_HOW_BYTES = 24;
    private static final long RESOLVE_OFFSET = 16;
    /** The kernel says EAGAIN where somebody has renamed a directory meanwhile, and resolving anew may succeed. */
    private static final int RENAME_TRIES = 8;

    /** {@code struct statfs} of x86-64 (statfs(2)): i64 f_type first, i64 f_flags at 80. */
    private static final long STATFS_BYTES = 120;
    private static final long STATFS_FLAGS = 80;
    private static final long ST_RDONLY = 1;
    private static final long ST_NOEXEC = 8;

    /** {@code PROC_SUPER_MAGIC} (linux/magic.h). */
    private static final long PROC = 0x9fa0;

    /**
     * File systems that the kernel makes up (linux/magic.h). To open one of their files can have effects: that of tracefs
     * stops tracing, others count readers or take events away.
     */
    private static final Set<Long> OF_THE_KERNEL = Set.of(PROC, 0x6265_6572L /* sysfs */, 0x6462_6720L /* debugfs */,
            0x7472_6163L /* tracefs */, 0x7363_6673L /* securityfs */, 0x27_e0ebL /* cgroup */,
            0x6367_7270L /* cgroup2 */, 0xcafe_4a11L /* bpf */, 0x6165_676cL /* pstore */,
            0xde5e_81e4L /* efivarfs */, 0x1980_0202L /* mqueue */, 0x4249_4e4dL /* binfmt_misc */,
            0x6265_6570L /* configfs */, 0x6573_5543L /* fusectl */, 0xf97c_ff8cL /* selinuxfs */,
            0x1cd1L /* devpts */);

    /** File systems whose files have a device number, and perhaps an inode number, of their own in stat(2) only. */
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

    /** What becomes of symbolic links. */
    public enum Links {
        /** They are followed, and stay below the root directory. */
        FOLLOWED,
        /** The last component must be none. */
        NOT_LAST,
        /** No component may be one. */
        NONE
    }

    /**
     * Finds what a process would reach under a name. Nothing of the file is read, and nothing is waited for.
     *
     * @param tid  a live thread of the process
     * @param path the name, from that process's root directory on, as bytes without a NUL
     * @throws IOException         where there is no such file, or this process may not look there, or the kernel has no
     *                             openat2(2) (before Linux 5.6)
     * @throws SystemCallException where no more files can be opened
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
     * Finds the file behind a mapping of a process ({@code /proc/PID/map_files}, proc_pid_map_files(5)): the very file,
     * whatever its name leads to by now.
     *
     * @param start first address of the mapping in that process
     * @param end   first address after it
     * @throws IOException         where nothing is mapped there as a whole, or this process may not look there
     * @throws SystemCallException where no more files can be opened
     */
    public static OpenFile mapped(int pid, RemoteAddress start, RemoteAddress end) throws IOException {
        return byPath("/proc/" + pid + "/map_files/" + Long.toHexString(start.value()) + "-"
                + Long.toHexString(end.value()));
    }

    /** Finds a file of this process's own root directory, links followed. */
    public static OpenFile own(Path file) throws IOException {
        return byPath(file.toString());
    }

    private static OpenFile byPath(String path) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long result = syscall(Linux.SYS_open(), arena.allocateFrom(path).address(), O_PATH | Linux.O_CLOEXEC(), 0);
            check(path, result);
            return new OpenFile((int) result, path);
        }
    }

    private static void check(String name, long result) throws IOException {
        if (NativeCalls.isError(result)) {
            throw ProcFile.failure(name, (int) -result);
        }
    }

    /** What the file is. */
    public FileStatus status() {
        return status;
    }

    /** Whether it lies in a file system that the kernel makes up, where to open a file may do something. */
    public boolean isOfTheKernel() {
        return OF_THE_KERNEL.contains(type());
    }

    /** Whether it lies in a procfs. */
    public boolean isInProcfs() {
        return type() == PROC;
    }

    /** Whether the numbers in the map of a process may be others than those of {@link #status} for the same file. */
    public boolean hasOtherNumbers() {
        return WITH_OTHER_NUMBERS.contains(type());
    }

    /** Whether files can be made here and be mapped as code, as far as the file system's mount says. */
    public boolean allowsCode() {
        return (statfs(STATFS_FLAGS) & (ST_RDONLY | ST_NOEXEC)) == 0;
    }

    private long type() {
        return statfs(0);
    }

    /** A number of {@code struct statfs}; 0 where the kernel tells none, as for a file system that is gone. */
    private long statfs(long offset) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment system = arena.allocate(STATFS_BYTES, Long.BYTES);
            return syscall(Linux.SYS_fstatfs(), descriptor, system.address(), 0) == 0
                    ? system.get(ValueLayout.JAVA_LONG, offset)
                    : 0;
        }
    }

    /**
     * Opens the same file for reading. A lease that its owner holds is not waited for (O_NONBLOCK in open(2)).
     *
     * @throws IOException         where it is no regular file, is one of the kernel's, or may not be read
     * @throws SystemCallException where no more files can be opened
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

    /** A path by which this process, and no other, opens the same file again as long as this is open. */
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
