package dev.pulpo.elf.zstd;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/** Reads bits from the lowest bit of the first byte on, for the descriptions of tables (RFC 8878, 4.1.1). */
final class ForwardBits {
    private final ByteBuffer input;
    private final long end;
    private long position;

    ForwardBits(ByteBuffer input, int start, int end) {
        this.input = input;
        this.position = 8L * start;
        this.end = 8L * end;
    }

    /** The next bits, at most 16. */
    int read(int count) throws DataFormatException {
        if (position + count > end) {
            throw new DataFormatException("a table that does not end");
        }
        int value = (input.getInt((int) (position >>> 3)) >>> (position & 7)) & ((1 << count) - 1);
        position += count;
        return value;
    }

    void back(int count) {
        position -= count;
    }

    /** The first byte without a bit that has been read. */
    int nextByte() {
        return (int) ((position + 7) >>> 3);
    }
}
