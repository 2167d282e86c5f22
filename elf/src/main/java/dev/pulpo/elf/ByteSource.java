package dev.pulpo.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Objects;

/**
 * Bytes that can be read at any offset: a mapped file, an array, the memory of a process. Implementations are
 * thread-safe.
 *
 * <p>The interface is open. A source whose bytes are not in this process copies them in {@link #slice}, and may throw any
 * exception if it cannot read them.
 */
public interface ByteSource {
    /** How many bytes there are; never negative. */
    long size();

    /**
     * The bytes from {@code offset} on; treat them as read-only. The result is a view if that costs nothing and a copy
     * otherwise, so ask for no more than is needed.
     *
     * @param offset where it begins, in bytes
     * @param length how many bytes
     * @throws IndexOutOfBoundsException if the range is not within {@code 0 … size()}
     */
    MemorySegment slice(long offset, long length);

    /** Whether another source has the same bytes. */
    default boolean hasBytesOf(ByteSource other) {
        return size() == other.size() && slice(0, size()).mismatch(other.slice(0, other.size())) == -1;
    }

    /**
     * A file, mapped into memory and not copied. The file must not be truncated while it is in use: reading a page that
     * is gone is an {@link InternalError}.
     *
     * @throws IOException if the file cannot be opened or mapped, is not a regular file, or is too large
     */
    static MappedFile map(Path file) throws IOException {
        return MappedFile.open(file, ReadLimits.USER.fileBytes());
    }

    /** The bytes of an array, as they are at the time of each reading. */
    static ByteSource of(byte[] bytes) {
        return of(MemorySegment.ofArray(bytes));
    }

    /** The bytes of a segment; the caller keeps its arena open as long as this is in use. */
    static ByteSource of(MemorySegment segment) {
        MemorySegment readOnly = segment.asReadOnly();
        return new ByteSource() {
            @Override
            public long size() {
                return readOnly.byteSize();
            }

            @Override
            public MemorySegment slice(long offset, long length) {
                Objects.checkFromIndexSize(offset, length, readOnly.byteSize());
                return readOnly.asSlice(offset, length);
            }

            @Override
            public String toString() {
                return readOnly.byteSize() + " bytes";
            }
        };
    }
}
