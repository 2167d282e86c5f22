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
 * Reads files of {@code /proc} (proc(5)) with as few system calls as possible. Their size is unknown before they have
 * been read, and the JDK makes at least twice as many calls. A process determines the size of its files, so reading is
 * limited. Thread-safe.
 */
public final class ProcFile {
    private static final int CHUNK = 16 * 1024;

    /** Files that are read whole are small: a record of less than a page, or a few lines. */
    private static final int MOST = 16 * 1024 * 1024;

    private ProcFile() {}

    /** How the end of a file is recognised. */
    private enum End {
        /**
         * By an empty read. The kernel returns as many records as fit into a page each time (fs/seq_file.c,
         * seq_read_iter).
         */
        NOTHING_MORE,
        /** By a short read. The file is one record, of which a reader gets as much as fits into its buffer. */
        SHORT_READ
    }

    /**
     * The map of a process ends with the page of system calls at the top of the address space, if there is one.
     * {@code VSYSCALL_ADDR} (asm/vsyscall.h): no mapping of the process itself is as high.
     */
    private static final byte[] TOP = "\nffffffffff600000-".getBytes(StandardCharsets.US_ASCII);

    /**
     * Reads a file as text. Names of processes may hold any bytes; {@link StandardCharsets#ISO_8859_1} decodes them all.
     *
     * @throws NoSuchFileException   if there is no such process, thread or file (any more)
     * @throws AccessDeniedException if it may not be read
     * @throws FileSystemException   for anything else; the message names the error
     * @throws SystemCallException   if no more files can be opened
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
     * The value of a line of a {@code status} file (proc_pid_status(5)); empty if no line has that name. Skips the first
     * line, because a process chooses its own name.
     */
    public static Optional<String> line(String status, String name) {
        String label = "\n" + name + ":";
        int at = status.indexOf(label);
        return at < 0
                ? Optional.empty()
                : Optional.of(status.substring(at + label.length(), status.indexOf('\n', at + 1)).strip());
    }

    /** Takes the lines of a file one after the other. */
    @FunctionalInterface
    public interface LineReader {
        /**
         * Takes a line.
         *
         * @param bytes hold it from {@code from} to {@code to}, without its line feed, until this returns
         * @return whether more lines are wanted
         */
        boolean take(byte[] bytes, int from, int to) throws IOException;
    }

    /**
     * Reads the {@code maps} of a process line by line, because a process may have a million mappings.
     *
     * @throws TooLongException      if there are more than {@code most} bytes
     * @throws NoSuchFileException   if there is no such process, thread or file (any more)
     * @throws AccessDeniedException if it may not be read
     * @throws FileSystemException   for anything else; the message names the error
     * @throws SystemCallException   if no more files can be opened
     */
    public static void readMaps(Path file, long most, LineReader reader) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = open(file, arena);
            try {
                readMaps(file, descriptor, most, reader);
            } finally {
                syscall(Linux.SYS_close(), descriptor, 0, 0);
            }
        }
    }

    /** Room for reading {@code maps} again and again. Grows only for a line longer than ever before. Not thread-safe. */
    public static final class MapRoom {
        private final MemorySegment chunk;
        private byte[] bytes = new byte[2 * CHUNK];

        public MapRoom(Arena arena) {
            chunk = arena.allocate(CHUNK);
        }
    }

    /** As {@link #readMaps(Path, long, LineReader)}, from a descriptor. */
    static void readMaps(Path file, int descriptor, long most, LineReader reader) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            readMaps(file, descriptor, most, reader, new MapRoom(arena));
        }
    }

    static void readMaps(Path file, int descriptor, long most, LineReader reader, MapRoom room) throws IOException {
        int kept = 0;
        long offset = 0;
        while (true) {
            int read = read(file, descriptor, room.chunk, offset);
            if (read == 0) {
                if (kept > 0) {
                    reader.take(room.bytes, 0, kept);
                }
                return;
            }
            offset += read;
            if (offset > most) {
                throw new TooLongException(file, most);
            }
            // The kept bytes are less than a line, so this doubles only for a line that does not fit.
            room.bytes = withRoom(room.bytes, kept, read);
            byte[] bytes = room.bytes;
            MemorySegment.copy(room.chunk, ValueLayout.JAVA_BYTE, 0, bytes, kept, read);
            int end = kept + read;
            int line = 0;
            int top = -1;
            // The bytes that were kept hold no line feed.
            for (int at = kept; at < end; at++) {
                if (bytes[at] == '\n') {
                    if (!reader.take(bytes, line, at)) {
                        return;
                    }
                    top = line;
                    line = at + 1;
                }
            }
            // The last line may be that of the topmost mapping. Line feeds in names are escaped.
            if (line == end && isTop(bytes, top, end)) {
                return;
            }
            kept = end - line;
            System.arraycopy(bytes, line, bytes, 0, kept);
        }
    }

    private static boolean isTop(byte[] maps, int line, int end) {
        return end - line >= TOP.length && Arrays.equals(maps, line, line + TOP.length, TOP, 0, TOP.length);
    }

    /** The same array, or a larger copy, with room for more bytes. */
    private static byte[] withRoom(byte[] bytes, int used, int more) {
        return bytes.length - used >= more ? bytes : Arrays.copyOf(bytes, Math.max(2 * bytes.length, used + more));
    }

    private static int open(Path file, Arena arena) throws IOException {
        long descriptor = syscall(Linux.SYS_open(), arena.allocateFrom(file.toString()).address(),
                Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
        if (NativeCalls.isError(descriptor)) {
            throw failure(file, (int) -descriptor);
        }
        return (int) descriptor;
    }

    private static int read(Path file, int descriptor, MemorySegment into, long offset) throws IOException {
        long read = syscall(Linux.SYS_pread64(), descriptor, into.address(), into.byteSize(), offset);
        if (NativeCalls.isError(read)) {
            throw failure(file, (int) -read);
        }
        return (int) read;
    }

    private static String read(Path file, Charset charset, End end) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            int descriptor = open(file, arena);
            try {
                return readAll(file, descriptor, charset, arena.allocate(CHUNK), end);
            } finally {
                syscall(Linux.SYS_close(), descriptor, 0, 0);
            }
        }
    }

    private static String readAll(Path file, int descriptor, Charset charset, MemorySegment chunk, End end)
            throws IOException {
        byte[] bytes = new byte[CHUNK];
        int length = 0;
        while (true) {
            int read = read(file, descriptor, chunk, length);
            if (length + read > MOST) {
                throw new TooLongException(file, MOST);
            }
            bytes = withRoom(bytes, length, read);
            MemorySegment.copy(chunk, ValueLayout.JAVA_BYTE, 0, bytes, length, read);
            length += read;
            if (read == 0 || end == End.SHORT_READ && read < chunk.byteSize()) {
                return new String(bytes, 0, length, charset);
            }
        }
    }

    /** A file is longer than the limit. */
    public static final class TooLongException extends FileSystemException {
        private static final long serialVersionUID = 1L;

        private final long most;

        TooLongException(Path file, long most) {
            super(file.toString(), null, "longer than " + most + " bytes");
            this.most = most;
        }

        /** The limit in bytes. */
        public long most() {
            return most;
        }
    }

    private static IOException failure(Path file, int error) {
        return failure(file.toString(), error);
    }

    /**
     * The exception for an error of opening or reading a file.
     *
     * @throws SystemCallException if no more files can be opened
     */
    static IOException failure(String file, int error) {
        if (ResourceLimit.isHit(error)) {
            // Callers treat an unreadable file as gone.
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
