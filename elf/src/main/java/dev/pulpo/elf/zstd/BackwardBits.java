package dev.pulpo.elf.zstd;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/**
 * Reads a bit stream from its end to its beginning (RFC 8878, 4.1). The last byte's highest set bit marks the end. Bits
 * before the beginning read as zero, and {@link #left} is then negative.
 */
final class BackwardBits {
    private final ByteBuffer input;
    private final int start;
    private long left;

    /**
     * @param input with eight readable bytes after the stream
     * @param start first byte
     * @param end   the byte after the last
     */
    BackwardBits(ByteBuffer input, int start, int end) throws DataFormatException {
        if (end <= start || input.get(end - 1) == 0) {
            throw new DataFormatException("a bit stream without an end mark");
        }
        this.input = input;
        this.start = start;
        left = 8L * (end - start) - Integer.numberOfLeadingZeros(input.get(end - 1) & 0xff) + 24 - 1;
    }

    /** How many bits are left; negative if too many were read. */
    long left() {
        return left;
    }

    /** The next bits, at most 56. */
    long read(int count) {
        left -= count;
        if (left >= 0) {
            return bits(left, count);
        }
        long there = left + count;
        return there <= 0 ? 0 : bits(0, (int) there) << -left;
    }

    private long bits(long from, int count) {
        long word = input.getLong(start + (int) (from >>> 3)) >>> (from & 7);
        return word & ((1L << count) - 1);
    }
}
