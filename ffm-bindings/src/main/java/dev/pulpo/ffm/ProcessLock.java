package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Exclusion between tools that work on the same process: an exclusive flock(2) on the file of its memory in procfs, and one on
 * a file descriptor of the process itself (pidfd_open(2)). They need nothing from the process and vanish with their holder,
 * however that ends.
 *
 * <p>The first can be had only by who may trace the process, since nobody else can open that file (proc_pid_mem(5)). But it is
 * another file in every mount of procfs, such as a container's. Descriptors of a process lead all to the same file from Linux
 * 6.9 on, where they have a file system of their own (before, those of all processes do). But anybody may open and lock that
 * one. So where somebody else holds the second lock, the caller decides whether that is a tool.
 */
public final class ProcessLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    /** A holder that is not to be found may have let go just now. */
    private static final int TRIES = 5;

    /** {@code PID_FS_MAGIC} (linux/magic.h); {@code struct statfs} begins with it (statfs(2)). */
    private static final long PID_FS_MAGIC = 0x50494446;
    private static final long STATFS_BYTES = 120;
    private static final int NONE = -1;

    private final int directory;
    private final int memory;
    private int process = NONE;

    private ProcessLock(int directory, int memory) {
        this.directory = directory;
        this.memory = memory;
    }

    /** Who holds the second lock, in the eyes of the caller. */
    @FunctionalInterface
    public interface OtherHolders {
        /**
         * Whether a tool is at work on the process. While this is asked the first lock is the caller's.
         *
         * @param holders processes that hold the second lock, as this one sees them; none where they are not to be seen here
         * @return the tool, as {@link Taken} has it; empty where there is none
         */
        Optional<Taken> tool(List<Integer> holders);
    }

    /** What came of {@link #tryLock}. */
    public sealed interface Result {}

    /** The lock is the caller's until it closes it. */
    public record Held(ProcessLock lock) implements Result {}

    /**
     * Another process holds it.
     *
     * @param holders as this process sees them; none where they are not to be seen here
     */
    public record Taken(List<Integer> holders) implements Result {
        public Taken {
            holders = List.copyOf(holders);
        }
    }

    /**
     * Takes the lock, or returns who holds it.
     *
     * @param tid a live thread; the leader, unless that has exited: then its memory cannot be opened by its id
     * @throws SystemCallException ENOENT or ESRCH where there is no such process or thread, EACCES where it may not be traced
     */
    public static Result tryLock(int pid, int tid, OtherHolders others) {
        String directory = "/proc/" + pid;
        String memory = tid == pid ? directory + "/mem" : directory + "/task/" + tid + "/mem";
        int openDirectory = open(directory, Linux.O_DIRECTORY());
        ProcessLock lock;
        try {
            lock = new ProcessLock(openDirectory, open(memory, 0));
        } catch (SystemCallException failed) {
            close(openDirectory);
            throw failed;
        }
        Optional<Taken> taken = Optional.of(new Taken(List.of()));
        try {
            taken = flock(lock.memory, memory).or(() -> lock.lockProcess(pid, others));
            return taken.isEmpty() ? new Held(lock) : taken.get();
        } finally {
            if (taken.isPresent()) {
                lock.close();
            }
        }
    }

    private static int open(String path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) check("open(" + path + ")", syscall(Linux.SYS_open(), arena.allocateFrom(path).address(),
                    Linux.O_RDONLY() | Linux.O_CLOEXEC() | flags, 0));
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

    private Optional<Taken> lockProcess(int pid, OtherHolders others) {
        if (!ProcessFiles.EXIST) {
            return Optional.empty();
        }
        // Kept open where it cannot be locked, too: it says to other tools which process this one works on.
        process = (int) check("pidfd_open(" + pid + ")", syscall(Linux.SYS_pidfd_open(), pid, 0, 0));
        return flock(process, "pidfd of " + pid).flatMap(taken -> others.tool(taken.holders()));
    }

    /** Locks a file; where somebody else has done so, returns who. */
    private static Optional<Taken> flock(int descriptor, String name) {
        for (int i = 0;; i++) {
            long result = syscall(Linux.SYS_flock(), descriptor, LOCK_EX | LOCK_NB, 0);
            if (result != -Errno.EAGAIN) {
                check("flock(" + name + ")", result);
                return Optional.empty();
            }
            List<Integer> holders = holders(descriptor, name);
            if (!holders.isEmpty() || i == TRIES) {
                return Optional.of(new Taken(holders));
            }
        }
    }

    /** proc_locks(5): {@code 1: FLOCK ADVISORY WRITE pid major:minor:inode 0 EOF}. */
    private static List<Integer> holders(int descriptor, String name) {
        try {
            FileStatus status = FileStatus.of(descriptor, name);
            String file = status.device() + ":" + Long.toUnsignedString(status.inode());
            return ProcFile.read(Path.of("/proc/locks"), StandardCharsets.US_ASCII).lines()
                    .map(line -> line.trim().split("\\s+"))
                    .filter(words -> words.length > 5 && words[1].equals("FLOCK") && words[5].equals(file))
                    .map(words -> Integer.valueOf(words[4])).distinct().toList();
        } catch (IOException unreadable) {
            // Then they are not to be seen here.
            return List.of();
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
        close(memory);
        close(directory);
    }

    private static void close(int descriptor) {
        if (descriptor != NONE) {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
        }
    }
}
