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
 * Exclusion between tools that work on the same process: an exclusive flock(2) on the file of its memory in procfs, and
 * one on a file descriptor of the process itself (pidfd_open(2)). They need nothing from the process, and end with their
 * holder in any case.
 *
 * <p>Only a process that may trace the target can take the first lock, because no other can open that file
 * (proc_pid_mem(5)). But it is a different file in every mount of procfs, such as a container's. From Linux 6.9 on, all
 * pidfds of a process refer to the same file, in a file system of their own (before, those of all processes do). But any
 * process may open and lock that file. So if another process holds the second lock, the caller decides whether it is a
 * tool.
 */
public final class ProcessLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    /** A holder that cannot be found may have released the lock just now. */
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

    /** Judges other holders of the second lock. */
    @FunctionalInterface
    public interface OtherHolders {
        /**
         * Whether a tool is at work on the process. The caller holds the first lock meanwhile.
         *
         * @param holders the ids of the holders of the second lock, as this process sees them; empty if they are not
         *                visible here
         * @return the tool; empty if there is none
         */
        Optional<Taken> tool(List<Integer> holders);
    }

    /** The result of {@link #tryLock}. */
    public sealed interface Result {}

    /** The caller holds the lock until it closes it. */
    public record Held(ProcessLock lock) implements Result {}

    /**
     * Another process holds it.
     *
     * @param holders their ids, as this process sees them; empty if they are not visible here
     */
    public record Taken(List<Integer> holders) implements Result {
        public Taken {
            holders = List.copyOf(holders);
        }
    }

    /**
     * Takes the lock, or returns its holders.
     *
     * @param tid a live thread; the leader, unless it has exited, because its memory then cannot be opened by its id
     * @throws SystemCallException ENOENT or ESRCH if there is no such process or thread, EACCES if it may not be traced
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

    /** Whether each process has a pidfd file of its own. */
    private static final class ProcessFiles {
        static final boolean EXIST = exist();

        private ProcessFiles() {}

        private static boolean exist() {
            long own = syscall(Linux.SYS_pidfd_open(), ProcessHandle.current().pid(), 0, 0);
            if (NativeCalls.isError(own)) {
                // Older kernels lack the call, and filters may forbid it.
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
        // It stays open even if it cannot be locked: it shows other tools which process this one works on.
        process = (int) check("pidfd_open(" + pid + ")", syscall(Linux.SYS_pidfd_open(), pid, 0, 0));
        return flock(process, "pidfd of " + pid).flatMap(taken -> others.tool(taken.holders()));
    }

    /** Locks a file; returns the holders if others have locked it. */
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
            // The holders are not visible here.
            return List.of();
        }
    }

    /**
     * Whether the locked process still exists, maybe as a zombie. The open directory belongs to that process, not to a
     * later one with the same id, and is empty once the process is gone.
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
