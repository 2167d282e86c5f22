package dev.pulpo.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The memory of a process, as those see it who read what is recorded there: that of a live one ({@link TraceeMemory}), or
 * bytes of a test.
 */
public interface TargetMemory {
    /** How much {@link #bytes} reads at a time. */
    int PIECE = 64 * 1024;

    /**
     * Reads {@code into.byteSize()} bytes.
     *
     * @throws SystemCallException EIO or EINVAL where a part of the range is not mapped, ESRCH where the memory is gone
     */
    void read(RemoteAddress from, MemorySegment into);

    /**
     * As {@link #read}, as far as memory is mapped. It makes no object, so it can be used within a stop.
     *
     * @return how many bytes were read; fewer where an unmapped page or the end of the process came first
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

    /**
     * Reads so many bytes. The number may come from the process itself: room for them is made as they arrive, so one that
     * claims more than it has costs no more than what it has.
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
