package dev.pulpo.elf;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A file of 4 KiB, loaded as a whole at address 0, with everything at a fixed place, which tests then spoil:
 *
 * <pre>
 *  000 header   040 program headers: LOAD, DYNAMIC   100 dynamic table
 *  300 strings: "", f, g, V1, lib.so   400 symbols: none, f (defined), g (undefined)
 *  500 SysV hash   600 GNU hash   700 symbol versions   740 required versions   800 RELR   900 section headers
 * </pre>
 */
final class HandMade {
    static final int DYNAMIC = 0x100;
    static final int STRINGS = 0x300;
    static final int SYMBOLS = 0x400;
    static final int SYSV_HASH = 0x500;
    static final int GNU_HASH = 0x600;
    static final int VERSIONS = 0x700;
    static final int REQUIRED = 0x740;
    static final int RELR = 0x800;
    static final int SECTIONS = 0x900;
    private static final int SIZE = 0x1000;

    final ByteBuffer bytes = ByteBuffer.allocate(SIZE).order(ByteOrder.LITTLE_ENDIAN);

    HandMade() {
        bytes.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1).putShort(16, (short) 3)
                .putShort(18, (short) 62).putInt(20, 1).putLong(32, 64).putShort(54, (short) 56)
                .putShort(56, (short) 2).putShort(58, (short) 64);
        segment(0, 1, 0, SIZE);
        segment(1, 2, DYNAMIC, 0x100);
        long[] dynamic = {5, STRINGS, 10, 0x20, 6, SYMBOLS, 4, SYSV_HASH, 0x6ffffef5L, GNU_HASH, 0x6ffffff0L, VERSIONS,
                0x6ffffffeL, REQUIRED, 0x6fffffffL, 1, 36, RELR, 35, 24, 1, 8};
        for (int i = 0; i < dynamic.length; i++) {
            bytes.putLong(DYNAMIC + 8 * i, dynamic[i]);
        }
        bytes.put(STRINGS, "\0f\0g\0V1\0lib.so\0".getBytes(StandardCharsets.UTF_8));
        symbol(1, 3, 0, 0);
        symbol(2, 1, 7, 0x123);
        ints(SYSV_HASH, 1, 3, 2, 0, 0, 1);
        int hash = GnuHash.hash(new byte[]{'f'});
        ints(GNU_HASH, 1, 2, 1, 6);
        bytes.putLong(GNU_HASH + 16, -1);
        ints(GNU_HASH + 24, 2, hash | 1);
        bytes.putShort(VERSIONS + 2, (short) 2).putShort(VERSIONS + 4, (short) 1);
        bytes.putShort(REQUIRED, (short) 1).putShort(REQUIRED + 2, (short) 1);
        ints(REQUIRED + 4, 8, 16, 0);
        bytes.putShort(REQUIRED + 22, (short) 2);
        ints(REQUIRED + 24, 5, 0);
        bytes.putLong(RELR, 0x1000).putLong(RELR + 8, 0b1011).putLong(RELR + 16, 1L << 63 | 1);
    }

    private void segment(int index, int type, int start, int size) {
        int at = 64 + 56 * index;
        bytes.putInt(at, type).putInt(at + 4, 4).putLong(at + 8, start).putLong(at + 16, start).putLong(at + 24, start)
                .putLong(at + 32, size).putLong(at + 40, size);
    }

    private void symbol(int index, int name, int section, long value) {
        int at = SYMBOLS + 24 * index;
        bytes.putInt(at, name).put(at + 4, (byte) 0x12).putShort(at + 6, (short) section).putLong(at + 8, value);
    }

    /** Adds section headers of these types, the first of which is the null section; they have no names. */
    HandMade sections(int... types) {
        bytes.putLong(40, SECTIONS).putShort(60, (short) types.length);
        for (int i = 0; i < types.length; i++) {
            bytes.putInt(SECTIONS + 64 * i + 4, types[i]);
        }
        return this;
    }

    HandMade section(int index, long offset, long size, int link) {
        bytes.putLong(SECTIONS + 64 * index + 24, offset).putLong(SECTIONS + 64 * index + 32, size)
                .putInt(SECTIONS + 64 * index + 40, link);
        return this;
    }

    HandMade ints(int at, int... values) {
        for (int i = 0; i < values.length; i++) {
            bytes.putInt(at + 4 * i, values[i]);
        }
        return this;
    }

    HandMade set16(int at, int value) {
        bytes.putShort(at, (short) value);
        return this;
    }

    HandMade set64(int at, long value) {
        bytes.putLong(at, value);
        return this;
    }

    ElfFile open() {
        return ElfFile.of(ByteSource.of(bytes.array()), "hand-made");
    }

    /** What is wrong with it, as far as a question shows; null where nothing is. */
    static @Nullable MalformedElfException defect(Runnable question) {
        try {
            question.run();
            return null;
        } catch (MalformedElfException malformed) {
            return malformed;
        }
    }
}
