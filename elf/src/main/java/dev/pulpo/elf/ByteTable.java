package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Bytes that are read in any order, by any thread: the counterpart of {@link ByteCursor} for tables.
 *
 * @param source what the bytes belong to, for messages
 * @param bytes  the bytes
 * @param base   the offset of the first one in the source, for messages
 */
record ByteTable(String source, MemorySegment bytes, long base) {
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    static ByteTable empty(String source) {
        return new ByteTable(source, MemorySegment.NULL, 0);
    }

    long size() {
        return bytes.byteSize();
    }

    ByteCursor cursor() {
        return ByteCursor.of(bytes, source, base);
    }

    int u8(long at) {
        return bytes.get(ValueLayout.JAVA_BYTE, check(at, 1)) & 0xff;
    }

    int u16(long at) {
        return bytes.get(SHORT, check(at, 2)) & 0xffff;
    }

    int i32(long at) {
        return bytes.get(INT, check(at, 4));
    }

    long u32(long at) {
        return i32(at) & 0xffff_ffffL;
    }

    long i64(long at) {
        return bytes.get(LONG, check(at, 8));
    }

    /** An error about the bytes at a place; the caller throws it. */
    MalformedElfException malformed(long at, String expected, String found) {
        return new MalformedElfException(source, base + at, expected, found);
    }

    private long check(long at, int length) {
        if (at < 0 || at > bytes.byteSize() - length) {
            throw malformed(at, length + " bytes", "the end of the table at 0x" + Long.toHexString(base + size()));
        }
        return at;
    }
}
