package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Files of {@code /proc} (proc(5)), read whole with as few system calls as there can be: their size is not known before
 * they have been read, and the JDK's ways of reading them make twice as many and more. Thread-safe.
 */
public final class ProcFile {
    private static final int CHUNK = 16 * 1024;

    private ProcFile() {}

    /**
     * Reads a file as text. Names that processes give themselves may hold any bytes; {@link StandardCharsets#ISO_8859_1}
     * takes them all.
     *
     * @throws NoSuchFileException   where there is no such process, thread or file (any more)
     * @throws AccessDeniedException where it may not be read
     * @throws FileSystemException   for anything else; the message names the error
     * @throws SystemCallException   where no more files can be opened
     */
    public static String read(Path file, Charset charset) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long descriptor = syscall(Linux.SYS_open(), arena.allocateFrom(file.toString()).address(),
                    Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
            if (NativeCalls.isError(descriptor)) {
                throw failure(file, (int) -descriptor);
            }
            try {
                return new String(readAll(file, (int) descriptor, arena.allocate(CHUNK)), charset);
            } finally {
                syscall(Linux.SYS_close(), descriptor, 0, 0);
            }
        }
    }

    private static byte[] readAll(Path file, int descriptor, MemorySegment chunk) throws IOException {
        byte[] bytes = new byte[0];
        while (true) {
            long read = syscall(Linux.SYS_read(), descriptor, chunk.address(), chunk.byteSize());
            if (NativeCalls.isError(read)) {
                throw failure(file, (int) -read);
            }
            if (read == 0) {
                return bytes;
            }
            int known = bytes.length;
            bytes = Arrays.copyOf(bytes, Math.toIntExact(known + read));
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, bytes, known, (int) read);
        }
    }

    private static IOException failure(Path file, int error) {
        if (ResourceLimit.isHit(error)) {
            // Callers take what cannot be read for gone.
            throw new SystemCallException("open(" + file + ")", error);
        }
        // ESRCH: the process ended between the two calls.
        if (error == Errno.ENOENT || error == Errno.ESRCH) {
            return new NoSuchFileException(file.toString());
        }
        return error == Errno.EACCES || error == Errno.EPERM
                ? new AccessDeniedException(file.toString())
                : new FileSystemException(file.toString(), null, Errno.name(error));
    }
}
