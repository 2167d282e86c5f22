package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Locale;

/**
 * Reads little-endian values one after the other from a run of bytes, and never beyond its end. A value that does not fit
 * causes a {@link MalformedElfException} that points at its beginning.
 *
 * <p>Positions count from the beginning of the run; {@link #offset()} is the position in the source of the run, and
 * errors report it. A cursor belongs to one thread.
 */
public final class ByteCursor {
    /** No name is longer. The limit keeps a file without any NUL from filling the heap. */
    private static final long LONGEST_STRING = 1 << 20;

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED
            .withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String source;
    private final MemorySegment bytes;
    private final long base;
    private final long limit;
    private long position;
    private long valueStart;

    private ByteCursor(String source, MemorySegment bytes, long base) {
        this.source = source;
        this.bytes = bytes;
        this.base = base;
        this.limit = bytes.byteSize();
    }

    /**
     * A cursor over a segment.
     *
     * @param bytes  what to read
     * @param source what the bytes belong to, for messages
     * @param base   the offset in the source at which the segment begins, for messages
     */
    public static ByteCursor of(MemorySegment bytes, String source, long base) {
        return new ByteCursor(source, bytes, base);
    }

    /**
     * A cursor over a part of a source.
     *
     * @param bytes  what to read
     * @param source what the bytes belong to, for messages
     * @param offset where the part begins, in bytes
     * @param length how long it is, in bytes
     * @throws MalformedElfException if the source is shorter
     */
    public static ByteCursor of(ByteSource bytes, String source, long offset, long length) {
        if (offset < 0 || length < 0 || offset > bytes.size() - length) {
            throw new MalformedElfException(source, offset, Long.toUnsignedString(length) + " bytes",
                    bytes.size() + " bytes in all");
        }
        return new ByteCursor(source, bytes.slice(offset, length), offset);
    }

    /** What the bytes belong to. */
    public String source() {
        return source;
    }

    /** How many bytes of the run lie before the next value. */
    public long position() {
        return position;
    }

    /**
     * Moves to a place in the run, which may be its end.
     *
     * @throws MalformedElfException if it is outside the run
     */
    public ByteCursor position(long newPosition) {
        if (newPosition < 0 || newPosition > limit) {
            valueStart = position;
            throw malformed("a position of at most 0x" + Long.toHexString(limit) + " in these bytes",
                    "0x" + Long.toHexString(newPosition));
        }
        position = newPosition;
        return this;
    }

    /** The length of the run, in bytes. */
    public long limit() {
        return limit;
    }

    /** How many bytes are left. */
    public long remaining() {
        return limit - position;
    }

    /** Whether there are bytes left. */
    public boolean hasRemaining() {
        return position < limit;
    }

    /** Where the next value begins in the source. */
    public long offset() {
        return base + position;
    }

    /** Where the value that was read last begins in the source. */
    public long valueOffset() {
        return base + valueStart;
    }

    /** An error that points at the value that was read last; the caller throws it. */
    public MalformedElfException malformed(String expected, String found) {
        return new MalformedElfException(source, valueOffset(), expected, found);
    }

    public int u8() {
        return i8() & 0xff;
    }

    public int u16() {
        return i16() & 0xffff;
    }

    public long u32() {
        return i32() & 0xffff_ffffL;
    }

    /** Eight bytes; values from 2<sup>63</sup> on are negative. */
    public long u64() {
        return i64();
    }

    public byte i8() {
        return bytes.get(BYTE, take(1));
    }

    public short i16() {
        return bytes.get(SHORT, take(2));
    }

    public int i32() {
        return bytes.get(INT, take(4));
    }

    public long i64() {
        return bytes.get(LONG, take(8));
    }

    public LinkAddress address() {
        return new LinkAddress(i64());
    }

    /**
     * An unsigned value whose size comes from the data.
     *
     * @param size 1, 2, 4 or 8 bytes
     * @throws MalformedElfException for other sizes; it points at the value read last, which was the size
     */
    public long unsigned(int size) {
        return switch (size) {
            case 1 -> u8();
            case 2 -> u16();
            case 4 -> u32();
            case 8 -> u64();
            default -> throw malformed("a size of 1, 2, 4 or 8 bytes", Integer.toString(size));
        };
    }

    /**
     * An unsigned LEB128 number (DWARF 5, 7.6). Redundant zero bytes at its end are allowed, as assemblers pad with
     * them.
     *
     * @throws MalformedElfException if it does not fit into 64 bits
     */
    public long uleb128() {
        int first = i8();
        if (first >= 0) {
            return first;
        }
        long start = valueStart;
        long result = first & 0x7f;
        for (int shift = 7;; shift += 7) {
            int next = continuation(start);
            long payload = next & 0x7f;
            if (shift >= Long.SIZE ? payload != 0 : payload << shift >>> shift != payload) {
                throw malformed("an unsigned LEB128 number of at most 64 bits", "a larger one");
            }
            result |= shift >= Long.SIZE ? 0 : payload << shift;
            if (next >= 0) {
                return result;
            }
            // The checks treat all bits beyond the 70th alike, and the shift must not overflow.
            shift = Math.min(shift, 63);
        }
    }

    /**
     * A signed LEB128 number (DWARF 5, 7.6). Redundant bytes at its end are allowed, as assemblers pad with them.
     *
     * @throws MalformedElfException if it does not fit into 64 bits
     */
    public long sleb128() {
        int first = i8();
        if (first >= 0) {
            return (long) first << 57 >> 57;
        }
        long start = valueStart;
        long result = first & 0x7f;
        for (int shift = 7;; shift += 7) {
            int next = continuation(start);
            long payload = (long) next << 57 >> 57;
            if (shift >= Long.SIZE ? payload != result >> 63 : payload << shift >> shift != payload) {
                throw malformed("a signed LEB128 number of at most 64 bits", "a larger one");
            }
            result |= shift >= Long.SIZE ? 0 : payload << shift;
            if (next >= 0) {
                return result;
            }
            // If more bytes follow, the sign of this byte is not the sign of the number.
            if (shift + 7 < Long.SIZE) {
                result &= (1L << (shift + 7)) - 1;
            }
            shift = Math.min(shift, 63);
        }
    }

    private int continuation(long start) {
        int next = i8();
        valueStart = start;
        return next;
    }

    /**
     * A NUL-terminated string; the cursor ends up after the NUL. {@link RawText} describes the decoding.
     *
     * @throws MalformedElfException if no NUL comes before the end, or within a mebibyte
     */
    public String string() {
        valueStart = position;
        long window = Math.min(remaining(), LONGEST_STRING);
        long end = position;
        long stop = position + window;
        while (end < stop && bytes.get(BYTE, end) != 0) {
            end++;
        }
        if (end == stop) {
            throw malformed("a NUL-terminated string", window + " bytes without a NUL");
        }
        byte[] characters = bytes.asSlice(position, end - position).toArray(BYTE);
        position = end + 1;
        return RawText.decode(characters);
    }

    /** The next bytes, as a view. */
    public MemorySegment bytes(long length) {
        return bytes.asSlice(take(length), length);
    }

    /** Moves over some bytes. */
    public ByteCursor skip(long length) {
        take(length);
        return this;
    }

    /**
     * Moves on to the next multiple of a power of two, counted from the beginning of the run; at its end it stays
     * there, because the last entry of a table is often not padded.
     */
    public ByteCursor align(int alignment) {
        position = Math.min(limit, (position + alignment - 1) & -alignment);
        return this;
    }

    /** A cursor over the next bytes alone; this one moves over them. */
    public ByteCursor sub(long length) {
        long start = take(length);
        return new ByteCursor(source, bytes.asSlice(start, length), base + start);
    }

    /**
     * A cursor over a part of the run; this one stays where it is.
     *
     * @param start  where the part begins, from the beginning of the run
     * @param length how long it is, in bytes
     */
    public ByteCursor slice(long start, long length) {
        if (start < 0 || length < 0 || start > limit - length) {
            throw malformed(
                    "a range within 0x" + Long.toHexString(limit) + " bytes", String.format(Locale.ROOT,
                            "0x%x bytes at 0x%x", length, start));
        }
        return new ByteCursor(source, bytes.asSlice(start, length), base + start);
    }

    private long take(long length) {
        long start = position;
        valueStart = start;
        if (length < 0 || length > limit - start) {
            throw malformed(Long.toUnsignedString(length) + " bytes", limit - start + " bytes before the end");
        }
        position = start + length;
        return start;
    }

    @Override
    public String toString() {
        return source + " at 0x" + Long.toHexString(offset()) + ", " + remaining() + " bytes left";
    }
}
