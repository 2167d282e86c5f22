package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Undoes {@code SHF_COMPRESSED} (gABI, "Section Compression"). */
final class SectionData {
    private static final int HEADER = 24;
    private static final int ELFCOMPRESS_ZLIB = 1;
    /** Deflate cannot do better than 1032 to 1 (a match of 258 bytes takes two bits), so a larger claim is a lie. */
    private static final long BEST_RATIO = 1032;
    /** Java arrays end here; larger debug information is not compressed section by section. */
    private static final long MOST = Integer.MAX_VALUE - 64;

    private SectionData() {}

    static ByteCursor inflate(ByteCursor cursor) {
        int type = cursor.i32();
        if (type != ELFCOMPRESS_ZLIB) {
            throw cursor.malformed("zlib compression (1), the only one that is supported", Integer.toString(type));
        }
        long size = cursor.position(8).u64();
        long compressed = cursor.limit() - HEADER;
        if (size < 0 || size > MOST || compressed > MOST || size / BEST_RATIO > compressed) {
            throw cursor.malformed("a size that " + compressed + " compressed bytes can have",
                    Long.toUnsignedString(size));
        }
        cursor.position(HEADER);
        MemorySegment input = cursor.bytes(cursor.remaining());
        byte[] output = run(cursor, input, (int) size);
        return ByteCursor.of(MemorySegment.ofArray(output), cursor.source() + " (inflated)", 0);
    }

    private static byte[] run(ByteCursor cursor, MemorySegment input, int size) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(input.asByteBuffer());
            // Grows with what really comes out, so that a wrong size costs no memory.
            byte[] output = new byte[(int) Math.min(size, Math.max(64, input.byteSize() * 4))];
            int filled = 0;
            while (filled < size) {
                if (filled == output.length) {
                    output = Arrays.copyOf(output, (int) Math.min(size, filled * 2L));
                }
                int count = inflater.inflate(output, filled, output.length - filled);
                if (count == 0) {
                    throw cursor.malformed(size + " bytes of inflated data", filled + " bytes");
                }
                filled += count;
            }
            return output;
        } catch (DataFormatException bad) {
            MalformedElfException malformed = cursor.malformed("zlib data", String.valueOf(bad.getMessage()));
            malformed.initCause(bad);
            throw malformed;
        } finally {
            inflater.end();
        }
    }
}
