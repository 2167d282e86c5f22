package dev.pulpo.elf;

import dev.pulpo.elf.zstd.Zstd;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The content of a compressed section: one with {@code SHF_COMPRESSED} (gABI, "Section Compression"), or of the older GNU
 * format, with a name that begins with {@code .zdebug_}.
 *
 * @param cursor at the compressed bytes
 * @param kind   the compression
 * @param size   the inflated size that the section states
 */
record SectionData(ByteCursor cursor, Compression kind, long size) {
    /** How a section is compressed; {@code STORED} means not at all. */
    enum Compression {
        STORED, ZLIB, ZSTD
    }

    private static final int HEADER = 24;
    private static final int ELFCOMPRESS_ZLIB = 1;
    private static final int ELFCOMPRESS_ZSTD = 2;
    /** {@code ZLIB} and the size in eight bytes, big-endian. */
    private static final int GNU_HEADER = 12;
    private static final int GNU_MAGIC = 0x5a4c4942;
    /** Deflate cannot exceed 1032 to 1 (a match of 258 bytes takes two bits), so a larger size is wrong. */
    private static final long BEST_RATIO = 1032;
    /** The limit of Java arrays; larger debug information is not compressed section by section. */
    private static final long MOST = Integer.MAX_VALUE - 64;

    /** Whether a section may be compressed. */
    static boolean isCompressed(Section section) {
        return section.hasBytes() && (section.isCompressed() || section.name().startsWith(".zdebug_"));
    }

    /** Reads the header of a section. */
    static SectionData of(Section section, ByteCursor raw) {
        return section.isCompressed() ? ofHeader(raw) : ofGnuHeader(raw);
    }

    private static SectionData ofHeader(ByteCursor cursor) {
        int type = cursor.i32();
        if (type != ELFCOMPRESS_ZLIB && type != ELFCOMPRESS_ZSTD) {
            throw cursor.malformed("compression with zlib (1) or zstd (2)", Integer.toString(type));
        }
        long size = cursor.position(8).u64();
        checkSize(cursor, size, cursor.limit() - HEADER,
                type == ELFCOMPRESS_ZLIB && size / BEST_RATIO > cursor.limit() - HEADER);
        return new SectionData(cursor.position(HEADER), type == ELFCOMPRESS_ZLIB ? Compression.ZLIB : Compression.ZSTD,
                size);
    }

    /** A section of the GNU format; the stored bytes if it does not begin with that header. */
    private static SectionData ofGnuHeader(ByteCursor cursor) {
        if (cursor.limit() < GNU_HEADER) {
            return new SectionData(cursor, Compression.STORED, 0);
        }
        var header = cursor.bytes(GNU_HEADER).asByteBuffer().order(ByteOrder.BIG_ENDIAN);
        if (header.getInt(0) != GNU_MAGIC) {
            return new SectionData(cursor.position(0), Compression.STORED, 0);
        }
        long size = header.getLong(4);
        checkSize(cursor, size, cursor.remaining(), size / BEST_RATIO > cursor.remaining());
        return new SectionData(cursor, Compression.ZLIB, size);
    }

    private static void checkSize(ByteCursor cursor, long size, long compressed, boolean impossible) {
        // Stored blocks are hardly longer than their content, so more input can only be padding or a hole.
        if (size < 0 || size > MOST || compressed > Math.min(MOST, size + size / 64 + HEADER * 64L) || impossible) {
            throw cursor.malformed("a size that " + compressed + " compressed bytes can have",
                    Long.toUnsignedString(size));
        }
    }

    /** The content. */
    ByteCursor inflate() {
        return switch (kind) {
            case STORED -> cursor;
            case ZLIB -> content(run(cursor.bytes(cursor.remaining()), (int) size));
            case ZSTD -> content(zstd());
        };
    }

    private byte[] zstd() {
        try {
            return Zstd.decompress(cursor.bytes(cursor.remaining()), (int) size);
        } catch (DataFormatException bad) {
            throw malformed("zstd data", bad);
        }
    }

    private ByteCursor content(byte[] bytes) {
        return ByteCursor.of(MemorySegment.ofArray(bytes), cursor.source() + " (inflated)", 0);
    }

    private MalformedElfException malformed(String expected, DataFormatException bad) {
        MalformedElfException malformed = cursor.malformed(expected, String.valueOf(bad.getMessage()));
        malformed.initCause(bad);
        return malformed;
    }

    private byte[] run(MemorySegment input, int wanted) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(input.asByteBuffer());
            // Grows with the output, so that a wrong size costs no memory.
            byte[] output = new byte[(int) Math.min(wanted, Math.max(64, input.byteSize() * 4))];
            int filled = 0;
            while (filled < wanted) {
                if (filled == output.length) {
                    output = Arrays.copyOf(output, (int) Math.min(wanted, filled * 2L));
                }
                int count = inflater.inflate(output, filled, output.length - filled);
                if (count == 0) {
                    throw cursor.malformed(wanted + " bytes of inflated data", filled + " bytes");
                }
                filled += count;
            }
            return output;
        } catch (DataFormatException bad) {
            throw malformed("zlib data", bad);
        } finally {
            inflater.end();
        }
    }
}
