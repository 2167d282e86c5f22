package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Path;

/**
 * The kernel's limits that can be hit where there is nothing wrong with a target: what they are called, and what helps
 * (getrlimit(2), proc_sys_fs(5), path_resolution(7)). Thread-safe.
 */
public final class ResourceLimit {
    /** PATH_MAX (limits.h) without the NUL that it counts. */
    private static final int LONGEST_PATH = 4095;

    /** NAME_MAX (limits.h). */
    private static final int LONGEST_NAME = 255;

    private ResourceLimit() {}

    /** Whether an error says that there is no room for another open file, and nothing about the file. */
    static boolean isHit(int errno) {
        return errno == Linux.EMFILE() || errno == Linux.ENFILE();
    }

    /** What to add to the name of an error: the limit and the remedy; empty for errors that are of no limit. */
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
     * Fails where no file could be opened at all; to be called where opening one has failed, and that would otherwise be
     * taken for something that is the matter with the file.
     *
     * @param what was to be opened
     * @throws SystemCallException which names the limit that is hit
     */
    public static void checkOpenFiles(Path what) {
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
     * The failure to open a file, with the limit and the remedy where it is one of the kernel's that was hit.
     *
     * @throws SystemCallException where no file could be opened
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
