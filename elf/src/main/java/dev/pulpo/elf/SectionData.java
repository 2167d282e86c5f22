package dev.pulpo.elf;

import dev.pulpo.elf.zstd.Zstd;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Undoes {@code SHF_COMPRESSED} (gABI, "Section Compression") and what GNU tools did before it, sections with names that
 * begin with {@code .zdebug_}.
 */
final class SectionData {
    private static final int HEADER = 24;
    private static final int ELFCOMPRESS_ZLIB = 1;
    private static final int ELFCOMPRESS_ZSTD = 2;
    /** {@code ZLIB} and the size in eight bytes, big-endian. */
    private static final int GNU_HEADER = 12;
    private static final int GNU_MAGIC = 0x5a4c4942;
    /** Deflate cannot do better than 1032 to 1 (a match of 258 bytes takes two bits), so a larger claim is a lie. */
    private static final long BEST_RATIO = 1032;
    /** Java arrays end here; larger debug information is not compressed section by section. */
    private static final long MOST = Integer.MAX_VALUE - 64;

    private SectionData() {}

    static ByteCursor inflate(ByteCursor cursor) {
        int type = cursor.i32();
        if (type != ELFCOMPRESS_ZLIB && type != ELFCOMPRESS_ZSTD) {
            throw cursor.malformed("compression with zlib (1) or zstd (2)", Integer.toString(type));
        }
        long size = cursor.position(8).u64();
        cursor.position(HEADER);
        return type == ELFCOMPRESS_ZLIB ? zlib(cursor, size) : zstd(cursor, size);
    }

    /** A section of the old kind; as it is where it does not begin like one. */
    static ByteCursor inflateGnu(ByteCursor cursor) {
        if (cursor.limit() < GNU_HEADER) {
            return cursor;
        }
        var header = cursor.bytes(GNU_HEADER).asByteBuffer().order(ByteOrder.BIG_ENDIAN);
        return header.getInt(0) == GNU_MAGIC ? zlib(cursor, header.getLong(4)) : cursor.position(0);
    }

    private static ByteCursor zlib(ByteCursor cursor, long size) {
        long compressed = cursor.remaining();
        checkSize(cursor, size, size / BEST_RATIO > compressed);
        return content(cursor, run(cursor, cursor.bytes(compressed), (int) size));
    }

    private static ByteCursor zstd(ByteCursor cursor, long size) {
        checkSize(cursor, size, false);
        try {
            return content(cursor, Zstd.decompress(cursor.bytes(cursor.remaining()), (int) size));
        } catch (DataFormatException bad) {
            throw malformed(cursor, "zstd data", bad);
        }
    }

    private static void checkSize(ByteCursor cursor, long size, boolean impossible) {
        if (size < 0 || size > MOST || cursor.remaining() > MOST || impossible) {
            throw cursor.malformed("a size that " + cursor.remaining() + " compressed bytes can have",
                    Long.toUnsignedString(size));
        }
    }

    private static ByteCursor content(ByteCursor cursor, byte[] bytes) {
        return ByteCursor.of(MemorySegment.ofArray(bytes), cursor.source() + " (inflated)", 0);
    }

    private static MalformedElfException malformed(ByteCursor cursor, String expected, DataFormatException bad) {
        MalformedElfException malformed = cursor.malformed(expected, String.valueOf(bad.getMessage()));
        malformed.initCause(bad);
        return malformed;
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
            throw malformed(cursor, "zlib data", bad);
        } finally {
            inflater.end();
        }
    }
}
