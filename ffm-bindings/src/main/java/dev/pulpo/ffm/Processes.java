package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.NoSuchElementException;
import java.util.stream.Stream;

/** Simple system calls on processes. */
public final class Processes {
    private Processes() {}

    /** Sends a signal (kill(2)). */
    public static void kill(int pid, int signal) {
        check("kill(" + pid + ", " + Signals.name(signal) + ")", syscall(Linux.SYS_kill(), pid, signal, 0));
    }

    /** Whether there is such a process, including zombies. */
    public static boolean exists(int pid) {
        return syscall(Linux.SYS_kill(), pid, 0, 0) != -Errno.ESRCH;
    }

    /**
     * The effective user id of this process. Reads it from a file (proc_pid_status(5)), because the first native call of
     * a JVM takes longer than everything else that some programs do.
     */
    public static int effectiveUser() {
        try (Stream<String> lines = Files.lines(Path.of("/proc/thread-self/status"), StandardCharsets.ISO_8859_1)) {
            String ids = lines.filter(line -> line.startsWith("Uid:")).findFirst().orElseThrow();
            return Integer.parseUnsignedInt(ids.split("\\s+", -1)[2]);
        } catch (IOException | NoSuchElementException noProcfs) {
            return (int) syscall(Linux.SYS_geteuid(), 0, 0, 0);
        }
    }

    /** The kernel's id of the calling thread. */
    public static int currentThread() {
        return (int) syscall(Linux.SYS_gettid(), 0, 0, 0);
    }
}
