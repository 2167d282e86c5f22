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
        long result = syscall(Linux.SYS_flock(), descriptor, LOCK_EX | LOCK_NB, 0);
        if (result == 0) {
            return new Held(new ProcessLock(descriptor));
        }
        OptionalInt holder = holder(path);
        syscall(Linux.SYS_close(), descriptor, 0, 0);
        if (result == -Errno.EAGAIN) {
            return new Taken(holder);
        }
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

    @Override
    public void close() {
        syscall(Linux.SYS_close(), descriptor, 0, 0);
    }
}
