package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Exclusion between tools that work on the same process: an exclusive flock(2) on its directory in {@code /proc}, and one on a
 * file descriptor of the process itself (pidfd_open(2)). They need nothing from the process and vanish with their holder,
 * however that ends.
 *
 * <p>The directory is another one in every mount of procfs, such as a container's; who works from there has the same process,
 * but not the same directory. File descriptors of a process lead all to the same file from Linux 6.9 on, where they have a file
 * system of their own. Before, those of all processes do, and the directory has to do.
 */
public final class ProcessLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    /** Where the holder cannot be found out at all, because it lives in another pid namespace, it is not asked for long. */
    private static final int TRIES = 5;

    /** {@code PID_FS_MAGIC} (linux/magic.h); {@code struct statfs} begins with it (statfs(2)). */
    private static final long PID_FS_MAGIC = 0x50494446;
    private static final long STATFS_BYTES = 120;
    /** {@code struct stat} of x86-64 (asm/stat.h): u64 device, inode. */
    private static final long STAT_BYTES = 144;
    private static final long INODE = 8;
    private static final int NONE = -1;

    private final int directory;
    private final int process;

    private ProcessLock(int directory, int process) {
        this.directory = directory;
        this.process = process;
    }

    /**
     * Takes the lock, or returns the process that holds it.
     *
     * @throws SystemCallException ENOENT or ESRCH where there is no such process
     */
    public static Result tryLock(int pid) {
        int directory = NONE;
        int process = NONE;
        boolean held = false;
        try (Arena arena = Arena.ofConfined()) {
            String path = "/proc/" + pid;
            directory = (int) check("open(" + path + ")", syscall(Linux.SYS_open(), arena.allocateFrom(path).address(),
                    Linux.O_RDONLY() | Linux.O_DIRECTORY() | Linux.O_CLOEXEC(), 0));
            Optional<Taken> taken = lock(directory, path, arena);
            if (taken.isEmpty()) {
                process = open(pid);
                taken = process == NONE ? Optional.empty() : lock(process, "pidfd of " + pid, arena);
            }
            held = taken.isEmpty();
            return held ? new Held(new ProcessLock(directory, process)) : taken.get();
        } finally {
            if (!held) {
                close(process);
                close(directory);
            }
        }
    }

    /** Whether descriptors of a process lead to a file that is that process's alone. */
    private static final class ProcessFiles {
        static final boolean EXIST = exist();

        private ProcessFiles() {}

        private static boolean exist() {
            long own = syscall(Linux.SYS_pidfd_open(), ProcessHandle.current().pid(), 0, 0);
            if (NativeCalls.isError(own)) {
                // Older kernels have no such call, and filters may forbid it.
                return false;
            }
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment system = arena.allocate(STATFS_BYTES, Long.BYTES);
                return syscall(Linux.SYS_fstatfs(), own, system.address(), 0) == 0
                        && system.get(ValueLayout.JAVA_LONG, 0) == PID_FS_MAGIC;
            } finally {
                close((int) own);
            }
        }
    }

    /** A descriptor of the process itself; {@link #NONE} where it would stand for all processes. */
    private static int open(int pid) {
        return ProcessFiles.EXIST
                ? (int) check("pidfd_open(" + pid + ")", syscall(Linux.SYS_pidfd_open(), pid, 0, 0))
                : NONE;
    }

    /** Locks a file; where somebody else has done so, returns who. */
    private static Optional<Taken> lock(int descriptor, String name, Arena arena) {
        Optional<Taken> taken = tryLock(descriptor, name, arena);
        // Held and yet nobody's: the holder has let go in between, and the lock may be free now.
        for (int i = 1; i < TRIES && taken.filter(lock -> lock.holder().isEmpty()).isPresent(); i++) {
            taken = tryLock(descriptor, name, arena);
        }
        return taken;
    }

    private static Optional<Taken> tryLock(int descriptor, String name, Arena arena) {
        long result = syscall(Linux.SYS_flock(), descriptor, LOCK_EX | LOCK_NB, 0);
        if (result == -Errno.EAGAIN) {
            return Optional.of(new Taken(holder(descriptor, arena)));
        }
        check("flock(" + name + ")", result);
        return Optional.empty();
    }

    /** What came of {@link #tryLock}. */
    public sealed interface Result {}

    /** The lock is the caller's until it closes it. */
    public record Held(ProcessLock lock) implements Result {}

    /** Another process holds it; empty where that could not be found out. */
    public record Taken(OptionalInt holder) implements Result {}

    /** proc_locks(5): {@code 1: FLOCK ADVISORY WRITE pid major:minor:inode 0 EOF}. */
    private static OptionalInt holder(int descriptor, Arena arena) {
        MemorySegment stat = arena.allocate(STAT_BYTES, Long.BYTES);
        check("fstat", syscall(Linux.SYS_fstat(), descriptor, stat.address(), 0));
        String inode = Long.toUnsignedString(stat.get(ValueLayout.JAVA_LONG, INODE));
        try {
            return Files.readAllLines(Path.of("/proc/locks")).stream()
                    .map(line -> line.trim().split("\\s+"))
                    .filter(words -> words.length > 5 && words[1].equals("FLOCK") && words[5].endsWith(":" + inode))
                    .mapToInt(words -> Integer.parseInt(words[4]))
                    .findFirst();
        } catch (IOException unreadable) {
            // Naming the holder is a courtesy; that there is one is already known.
            return OptionalInt.empty();
        }
    }

    /**
     * Whether the process that was locked still exists, as a zombie perhaps. What is open is the directory of that very
     * process, and not of another one that has got its id meanwhile: it is empty once the process is gone.
     */
    public boolean isOfAProcess() {
        try (Arena arena = Arena.ofConfined()) {
            return syscall(Linux.SYS_faccessat(), directory, arena.allocateFrom("stat").address(), 0) == 0;
        }
    }

    @Override
    public void close() {
        close(process);
        close(directory);
    }

    private static void close(int descriptor) {
        if (descriptor != NONE) {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
        }
    }
}
