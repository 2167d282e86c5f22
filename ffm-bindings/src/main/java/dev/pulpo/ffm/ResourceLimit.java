package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/**
 * Limits of the kernel that can be reached without any fault of the target: their names and remedies (getrlimit(2),
 * proc_sys_fs(5), path_resolution(7)). Thread-safe.
 */
public final class ResourceLimit {
    /** PATH_MAX (limits.h) without the NUL. */
    private static final int LONGEST_PATH = 4095;

    /** NAME_MAX (limits.h). */
    private static final int LONGEST_NAME = 255;

    private ResourceLimit() {}

    /** Whether an error means that no more files can be opened. */
    static boolean isHit(int errno) {
        return errno == Linux.EMFILE() || errno == Linux.ENFILE();
    }

    /** The limit and the remedy, to be added to the name of an error; empty for other errors. */
    static String remedy(int errno) {
        if (errno == Linux.EMFILE()) {
            return ", the limit of open files of one process (RLIMIT_NOFILE) is reached; raise it with ulimit -n, or of a "
                    + "process that runs with prlimit --nofile";
        }
        return errno == Linux.ENFILE()
                ? ", the limit of open files of the whole machine is reached; raise it with sysctl fs.file-max"
                : "";
    }

    /**
     * Fails if no file can be opened at all. Call it after opening a file has failed, so that a limit is not taken for a
     * fault of the file.
     *
     * @param what the file that could not be opened
     * @throws SystemCallException if a limit is reached, which it names
     */
    private static void checkOpenFiles(Path what) {
        try (Arena arena = Arena.ofConfined()) {
            long descriptor = NativeCalls.syscall(Linux.SYS_open(), arena.allocateFrom("/").address(),
                    Linux.O_RDONLY() | Linux.O_DIRECTORY() | Linux.O_CLOEXEC(), 0);
            if (!NativeCalls.isError(descriptor)) {
                NativeCalls.syscall(Linux.SYS_close(), descriptor, 0, 0);
            } else if (isHit((int) -descriptor)) {
                throw new SystemCallException("open(" + what + ")", (int) -descriptor);
            }
        }
    }

    /**
     * The failure to open a file, with the limit of the kernel and the remedy if it was caused by one.
     *
     * @throws SystemCallException if no file can be opened
     */
    public static IOException explained(Path file, IOException failure) {
        checkOpenFiles(file);
        if (file.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_PATH) {
            return new FileSystemException(file.toString(), null, "the path is longer than the kernel takes, "
                    + LONGEST_PATH
                    + " bytes (PATH_MAX); reach the file by a shorter one, through a symbolic link perhaps");
        }
        for (Path name : file) {
            if (name.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_NAME) {
                return new FileSystemException(file.toString(), null, "a name in it is longer than the kernel takes, "
                        + LONGEST_NAME + " bytes (NAME_MAX); rename the file");
            }
        }
        return failure;
    }
}
