package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;

/**
 * How a pointer of {@code .eh_frame} or {@code .eh_frame_hdr} is written ({@code DW_EH_PE_*}; Linux Standard Base, Core,
 * 10.5):
 *
 * <pre>
 *     7          6 5 4           3 2 1 0
 *   | indirect | relative to … | format |
 * </pre>
 *
 * A cursor must have the positions of its section; position plus link address of the section is an address.
 */
final class PointerEncoding {
    static final int ABSOLUTE_ADDRESS = 0x00;
    static final int OMITTED = 0xff;

    private static final int INDIRECT = 0x80;
    private static final int FORMAT = 0x0f;
    private static final int RELATIVE_TO = 0x70;
    private static final int PC_RELATIVE = 0x10;
    private static final int DATA_RELATIVE = 0x30;
    private static final int ALIGNED = 0x50;

    private PointerEncoding() {}

    /**
     * Reads a direct pointer of {@code .eh_frame}: an absolute one, or one that is relative to itself. On x86-64 no
     * specification defines the other bases; libgcc adds nothing, gdb refuses them.
     */
    static long read(ByteCursor cursor, int encoding, long section) {
        long field = section + cursor.position();
        return switch (encoding & ~FORMAT) {
            case 0 -> readValue(cursor, encoding);
            case PC_RELATIVE -> readValue(cursor, encoding) + field;
            case ALIGNED -> readAligned(cursor, section);
            default -> throw unknown(cursor, encoding);
        };
    }

    /** Reads a direct pointer of {@code .eh_frame_hdr}, where data-relative ones count from the section's beginning. */
    static long readInHeader(ByteCursor cursor, int encoding, long section) {
        return (encoding & ~FORMAT) == DATA_RELATIVE
                ? readValue(cursor, encoding) + section
                : read(cursor, encoding, section);
    }

    /** Reads a number in the encoding's format that is relative to nothing, such as the length of a function. */
    static long readValue(ByteCursor cursor, int encoding) {
        return switch (encoding & FORMAT) {
            case 0x00, 0x04, 0x08, 0x0c -> cursor.u64();
            case 0x01 -> cursor.uleb128();
            case 0x02 -> cursor.u16();
            case 0x03 -> cursor.u32();
            case 0x09 -> cursor.sleb128();
            case 0x0a -> cursor.i16();
            case 0x0b -> cursor.i32();
            default -> throw unknown(cursor, encoding);
        };
    }

    /** Moves over a pointer, direct or not. */
    static void skip(ByteCursor cursor, int encoding, long section) {
        if ((encoding & RELATIVE_TO) == ALIGNED) {
            readAligned(cursor, section);
        } else if (encoding != OMITTED) {
            readValue(cursor, encoding & ~INDIRECT);
        }
    }

    /** The address of the pointer, not its offset in the section, is a multiple of eight. */
    private static long readAligned(ByteCursor cursor, long section) {
        return cursor.skip(-(section + cursor.position()) & 7).u64();
    }

    private static RuntimeException unknown(ByteCursor cursor, int encoding) {
        return cursor.malformed("a pointer encoding with a meaning here", "0x" + Integer.toHexString(encoding));
    }
}
