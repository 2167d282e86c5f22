package dev.pulpo.elf.zstd;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.DataFormatException;

/** Decompresses frames of Zstandard (RFC 8878, 3.1). Refuses dictionaries; skips checksums. */
public final class Zstd {
    private static final int MAGIC = 0xfd2fb528;
    private static final int SKIPPABLE = 0x184d2a50;
    private static final int LARGEST_BLOCK = 1 << 17;
    /** Whole words are read even at the end. */
    private static final int PADDING = 8;

    private final ByteBuffer input;
    private final Output output;
    private final int end;
    private int at;

    private Zstd(byte[] padded, int length, int size) {
        input = ByteBuffer.wrap(padded).order(ByteOrder.LITTLE_ENDIAN);
        end = length;
        output = new Output(size, (int) Math.min(size, 4L * length));
    }

    /**
     * Decompresses all frames.
     *
     * @param compressed the bytes
     * @param size       how many bytes must come out
     * @throws DataFormatException if the input is malformed or is of another size
     */
    public static byte[] decompress(MemorySegment compressed, int size) throws DataFormatException {
        int length = (int) compressed.byteSize();
        byte[] padded = new byte[length + PADDING];
        MemorySegment.copy(compressed, ValueLayout.JAVA_BYTE, 0, padded, 0, length);
        Zstd run = new Zstd(padded, length, size);
        try {
            while (run.at < length) {
                run.frame();
            }
        } catch (IndexOutOfBoundsException outside) {
            DataFormatException malformed = new DataFormatException("a length that leads out of the data");
            malformed.initCause(outside);
            throw malformed;
        }
        if (run.output.count() != size) {
            throw new DataFormatException(run.output.count() + " bytes instead of " + size);
        }
        return run.output.toByteArray();
    }

    private long unsigned(int bytes) throws DataFormatException {
        if (bytes > end - at) {
            throw new DataFormatException("data that ends early");
        }
        long value = bytes == 8 ? input.getLong(at) : input.getLong(at) & ((1L << (8 * bytes)) - 1);
        at += bytes;
        return value;
    }

    private void skip(long bytes) throws DataFormatException {
        if (bytes > end - at) {
            throw new DataFormatException("data that ends early");
        }
        at += (int) bytes;
    }

    private void frame() throws DataFormatException {
        int magic = (int) unsigned(4);
        if ((magic & ~15) == SKIPPABLE) {
            skip(unsigned(4));
            return;
        }
        if (magic != MAGIC) {
            throw new DataFormatException("a frame that begins with 0x" + Integer.toHexString(magic));
        }
        int descriptor = (int) unsigned(1);
        boolean single = (descriptor & 0x20) != 0;
        if (!single) {
            // The window size does not matter, because all output is kept.
            unsigned(1);
        }
        int dictionarySize = descriptor & 3;
        if (unsigned(dictionarySize == 3 ? 4 : dictionarySize) != 0) {
            throw new DataFormatException("a dictionary");
        }
        int sizeFlag = descriptor >> 6;
        unsigned(sizeFlag == 0 ? single ? 1 : 0 : 1 << sizeFlag);
        blocks();
        if ((descriptor & 4) != 0) {
            unsigned(4);
        }
    }

    private void blocks() throws DataFormatException {
        Literals literals = new Literals(input);
        Sequences sequences = new Sequences(input, output);
        boolean last;
        do {
            int header = (int) unsigned(3);
            last = (header & 1) != 0;
            int size = header >> 3;
            if (size > LARGEST_BLOCK) {
                throw new DataFormatException("a block of " + size + " bytes");
            }
            int start = at;
            switch (header >> 1 & 3) {
                case 0 -> {
                    skip(size);
                    output.append(input.array(), start, size);
                }
                case 1 -> output.repeat((byte) unsigned(1), size);
                case 2 -> {
                    skip(size);
                    sequences.execute(literals.read(start, at), at, literals.bytes());
                }
                default -> throw new DataFormatException("a block of the reserved kind");
            }
        } while (!last);
    }
}
