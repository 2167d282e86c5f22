package dev.pulpo.elf.zstd;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/** The bytes that a block inserts between its copies (RFC 8878, 3.1.1.3.1). Keeps the code for the next block. */
final class Literals {
    private static final int RAW = 0;
    private static final int RLE = 1;
    private static final int COMPRESSED = 2;
    private static final int MOST = 1 << 17;

    private final ByteBuffer input;
    private @Nullable HuffmanTable table;
    private byte[] bytes = {};

    Literals(ByteBuffer input) {
        this.input = input;
    }

    byte[] bytes() {
        return bytes;
    }

    private long header(int start, int size, int end) throws DataFormatException {
        if (start + size > end) {
            throw new DataFormatException("a block that ends in its header");
        }
        return input.getLong(start) & ((1L << (8 * size)) - 1);
    }

    /** Reads the section and returns where it ends. */
    int read(int start, int end) throws DataFormatException {
        int first = (int) header(start, 1, end);
        int kind = first & 3;
        int format = first >> 2 & 3;
        if (kind == RAW || kind == RLE) {
            int headerSize = format == 1 ? 2 : format == 3 ? 3 : 1;
            int size = (int) (header(start, headerSize, end) >> (headerSize == 1 ? 3 : 4));
            return plain(kind, start + headerSize, size, end);
        }
        int headerSize = format == 3 ? 5 : format == 2 ? 4 : 3;
        int width = format == 3 ? 18 : format == 2 ? 14 : 10;
        long header = header(start, headerSize, end) >> 4;
        int size = (int) (header & ((1 << width) - 1));
        int compressed = (int) (header >> width & ((1 << width) - 1));
        int from = start + headerSize;
        if (compressed > end - from || size > MOST) {
            throw new DataFormatException("literals that do not fit in their block");
        }
        coded(kind, format == 0 ? 1 : 4, from, from + compressed, size);
        return from + compressed;
    }

    private int plain(int kind, int from, int size, int end) throws DataFormatException {
        int stored = kind == RAW ? size : 1;
        if (stored > end - from || size > MOST) {
            throw new DataFormatException("literals that do not fit in their block");
        }
        bytes = new byte[size];
        if (kind == RAW) {
            input.get(from, bytes);
        } else {
            Arrays.fill(bytes, input.get(from));
        }
        return from + stored;
    }

    private void coded(int kind, int streams, int start, int end, int size) throws DataFormatException {
        int from = start;
        HuffmanTable code = table;
        if (kind == COMPRESSED) {
            HuffmanTable.Read read = HuffmanTable.read(input, start, end);
            code = read.table();
            table = code;
            from = read.end();
        }
        if (code == null) {
            throw new DataFormatException("literals in the code of an earlier block, and there is none");
        }
        bytes = new byte[size];
        if (streams == 1) {
            code.decode(new BackwardBits(input, from, end), bytes, 0, size);
        } else {
            fourStreams(code, from, end, size);
        }
    }

    private void fourStreams(HuffmanTable code, int from, int end, int size) throws DataFormatException {
        int jumps = 6;
        int each = (size + 3) / 4;
        if (end - from < jumps || 3 * each > size) {
            throw new DataFormatException("four streams for " + size + " bytes");
        }
        int at = from + jumps;
        for (int stream = 0; stream < 4; stream++) {
            int after = stream == 3 ? end : at + (input.getShort(from + 2 * stream) & 0xffff);
            if (after > end) {
                throw new DataFormatException("a stream that does not end in its block");
            }
            code.decode(new BackwardBits(input, at, after), bytes, stream * each,
                    stream == 3 ? size : (stream + 1) * each);
            at = after;
        }
    }
}
