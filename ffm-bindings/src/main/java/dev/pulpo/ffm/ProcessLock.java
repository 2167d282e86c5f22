package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * Exclusion between tools that work on the same process: an exclusive flock(2) on its directory in {@code /proc}. It
 * needs nothing from the process and vanishes with its holder, however that ends.
 */
public final class ProcessLock implements AutoCloseable {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    /** Where the holder cannot be found out at all, because it lives in another pid namespace, it is not asked for long. */
    private static final int TRIES = 5;

    private final int descriptor;

    private ProcessLock(int descriptor) {
        this.descriptor = descriptor;
    }

    /** Takes the lock, or returns the process that holds it. */
    public static Result tryLock(int pid) {
        String path = "/proc/" + pid;
        int descriptor;
        try (Arena arena = Arena.ofConfined()) {
            descriptor = (int) check("open(" + path + ")", syscall(Linux.SYS_open(), arena.allocateFrom(path).address(),
                    Linux.O_RDONLY() | Linux.O_DIRECTORY() | Linux.O_CLOEXEC(), 0));
        }
        Result result = tryLock(descriptor, path);
        // Held and yet nobody's: the holder has let go in between, and the lock may be free now.
        for (int i = 1; i < TRIES && result instanceof Taken taken && taken.holder().isEmpty(); i++) {
            result = tryLock(descriptor, path);
        }
        if (!(result instanceof Held)) {
            syscall(Linux.SYS_close(), descriptor, 0, 0);
        }
        return result;
    }

    private static Result tryLock(int descriptor, String path) {
        long result = syscall(Linux.SYS_flock(), descriptor, LOCK_EX | LOCK_NB, 0);
        if (result == 0) {
            return new Held(new ProcessLock(descriptor));
        }
        if (result == -Errno.EAGAIN) {
            return new Taken(holder(path));
        }
        syscall(Linux.SYS_close(), descriptor, 0, 0);
        throw new SystemCallException("flock(" + path + ")", (int) -result);
    }

    /** What came of {@link #tryLock}. */
    public sealed interface Result {}

    /** The lock is the caller's until it closes it. */
    public record Held(ProcessLock lock) implements Result {}

    /** Another process holds it; empty where that could not be found out. */
    public record Taken(OptionalInt holder) implements Result {}

    /** proc_locks(5): {@code 1: FLOCK ADVISORY WRITE pid major:minor:inode 0 EOF}. */
    private static OptionalInt holder(String path) {
        try {
            Object inode = Files.getAttribute(Path.of(path), "unix:ino");
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
            return syscall(Linux.SYS_faccessat(), descriptor, arena.allocateFrom("stat").address(), 0) == 0;
        }
    }

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
    }
}
