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
import java.util.Optional;

/**
 * Files of {@code /proc} (proc(5)), read whole with as few system calls as there can be: their size is not known before
 * they have been read, and the JDK's ways of reading them make twice as many and more. Thread-safe.
 */
public final class ProcFile {
    private static final int CHUNK = 16 * 1024;

    private ProcFile() {}

    /** When a file has been read whole; otherwise a read that finds nothing more tells. */
    private enum End {
        /** The kernel hands out records, as many as fit into a page of its own each time (fs/seq_file.c, seq_read_iter). */
        NOTHING_MORE,
        /** All of it is one record, of which a reader gets as much as it has room for. */
        SHORT_READ,
        /** The map of a process ends with the page of system calls at the top of the address space, where there is one. */
        TOP_OF_ADDRESS_SPACE
    }

    /** {@code VSYSCALL_ADDR} (asm/vsyscall.h): no mapping of a process's own lies as high. */
    private static final byte[] TOP = "\nffffffffff600000-".getBytes(StandardCharsets.US_ASCII);

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
        return read(file, charset, End.NOTHING_MORE);
    }

    /**
     * As {@link #read}, for a file that is one record, such as {@code stat}, {@code status}, {@code comm} and {@code syscall}:
     * one system call fewer.
     */
    public static String readRecord(Path file, Charset charset) throws IOException {
        return read(file, charset, End.SHORT_READ);
    }

    /**
     * What a line of a {@code status} file says, without its name (proc_pid_status(5)); empty where there is none of that name.
     * The first line, which is the name that a process gives itself, is not looked at.
     */
    public static Optional<String> line(String status, String name) {
        String label = "\n" + name + ":";
        int at = status.indexOf(label);
        return at < 0
                ? Optional.empty()
                : Optional.of(status.substring(at + label.length(), status.indexOf('\n', at + 1)).strip());
    }

    /** As {@link #read}, for {@code maps}: one system call fewer where the kernel maps its page of system calls. */
    public static String readMaps(Path file, Charset charset) throws IOException {
        return read(file, charset, End.TOP_OF_ADDRESS_SPACE);
    }

    /** As {@link #readMaps(Path, Charset)}, from a descriptor; empty where what it shows is gone. */
    static String readMaps(int descriptor, Charset charset) {
        try (Arena arena = Arena.ofConfined()) {
            return new String(readAll(Path.of("maps"), descriptor, arena.allocate(CHUNK), End.TOP_OF_ADDRESS_SPACE),
                    charset);
        } catch (IOException gone) {
            return "";
        }
    }

    private static String read(Path file, Charset charset, End end) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            long descriptor = syscall(Linux.SYS_open(), arena.allocateFrom(file.toString()).address(),
                    Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
            if (NativeCalls.isError(descriptor)) {
                throw failure(file, (int) -descriptor);
            }
            try {
                return new String(readAll(file, (int) descriptor, arena.allocate(CHUNK), end), charset);
            } finally {
                syscall(Linux.SYS_close(), descriptor, 0, 0);
            }
        }
    }

    private static byte[] readAll(Path file, int descriptor, MemorySegment chunk, End end) throws IOException {
        byte[] bytes = new byte[0];
        while (true) {
            long read = syscall(Linux.SYS_pread64(), descriptor, chunk.address(), chunk.byteSize(), bytes.length);
            if (NativeCalls.isError(read)) {
                throw failure(file, (int) -read);
            }
            if (read == 0) {
                return bytes;
            }
            int known = bytes.length;
            bytes = Arrays.copyOf(bytes, Math.toIntExact(known + read));
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, bytes, known, (int) read);
            if (end == End.SHORT_READ && read < chunk.byteSize() || end == End.TOP_OF_ADDRESS_SPACE && isTop(bytes)) {
                return bytes;
            }
        }
    }

    /** Whether the last line is that of the topmost mapping. Line feeds in names are written otherwise. */
    private static boolean isTop(byte[] maps) {
        int line = maps.length - 2;
        while (line > 0 && maps[line] != '\n') {
            line--;
        }
        return line > 0 && maps[maps.length - 1] == '\n' && maps.length - line >= TOP.length
                && Arrays.equals(maps, line, line + TOP.length, TOP, 0, TOP.length);
    }

    private static IOException failure(Path file, int error) {
        return failure(file.toString(), error);
    }

    /**
     * The exception for an error of opening or reading a file.
     *
     * @throws SystemCallException where no more files can be opened
     */
    static IOException failure(String file, int error) {
        if (ResourceLimit.isHit(error)) {
            // Callers take what cannot be read for gone.
            throw new SystemCallException("open(" + file + ")", error);
        }
        // ESRCH: the process ended between the two calls.
        if (error == Errno.ENOENT || error == Errno.ESRCH) {
            return new NoSuchFileException(file);
        }
        return error == Errno.EACCES || error == Errno.EPERM
                ? new AccessDeniedException(file)
                : new FileSystemException(file, null, Errno.name(error));
    }
}
