package dev.pulpo.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The memory of a process, for code that reads records in it: that of a live process ({@link TraceeMemory}), or bytes of
 * a test.
 */
public interface TargetMemory {
    /** How much {@link #bytes} reads at a time. */
    int PIECE = 64 * 1024;

    /**
     * Reads {@code into.byteSize()} bytes.
     *
     * @throws SystemCallException EIO or EINVAL if a part of the range is not mapped, ESRCH if the memory is gone
     */
    void read(RemoteAddress from, MemorySegment into);

    /**
     * As {@link #read}, as far as memory is mapped. Allocates nothing, so it can be used in a stop.
     *
     * @return how many bytes were read; fewer if an unmapped page or the end of the process came first
     */
    long readSome(long from, MemorySegment into);

    /** As {@link #readSome(long, MemorySegment)}. */
    default long readSome(RemoteAddress from, MemorySegment into) {
        return readSome(from.value(), into);
    }

    /**
     * Writes all of {@code from}.
     *
     * @throws SystemCallException as for {@link #read}; bytes before the failure may have been written
     */
    void write(RemoteAddress to, MemorySegment from);

    /** As {@link #write(RemoteAddress, MemorySegment)}, from an array. */
    default void write(RemoteAddress to, byte[] from) {
        try (Arena arena = Arena.ofConfined()) {
            write(to, arena.allocateFrom(ValueLayout.JAVA_BYTE, from));
        }
    }

    /** As {@link #write(RemoteAddress, MemorySegment)}, words of eight bytes one after the other. */
    default void writeLongs(RemoteAddress to, long... words) {
        try (Arena arena = Arena.ofConfined()) {
            write(to, arena.allocateFrom(ValueLayout.JAVA_LONG, words));
        }
    }

    /** As {@link #read}, a word of eight bytes. */
    default long readLong(RemoteAddress from) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
            read(from, word);
            return word.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    /**
     * Reads so many bytes. The number may come from the process itself, so memory is allocated as bytes arrive: a false
     * number costs no more than the bytes that exist.
     *
     * @throws SystemCallException as for {@link #read}
     */
    default byte[] bytes(RemoteAddress from, int length) {
        int first = Math.min(length, PIECE);
        byte[] bytes = new byte[first];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(first);
            for (int done = 0; done < length;) {
                int count = Math.min(length - done, PIECE);
                read(from.plus(done), piece.asSlice(0, count));
                if (done + count > bytes.length) {
                    bytes = Arrays.copyOf(bytes, (int) Math.min(length, 2L * bytes.length));
                }
                MemorySegment.copy(piece, ValueLayout.JAVA_BYTE, 0, bytes, done, count);
                done += count;
            }
        }
        return bytes;
    }
}
