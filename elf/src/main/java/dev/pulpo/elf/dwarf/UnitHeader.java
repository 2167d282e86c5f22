package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;

/**
 * The header of a unit (DWARF 5, 7.5.1).
 *
 * @param offset       where the unit begins in its section
 * @param end          where it ends
 * @param firstEntry   where its first entry begins
 * @param version      2 to 5
 * @param offsetSize   4 in the 32-bit format, 8 in the 64-bit format
 * @param addressSize  the size of addresses, in bytes
 * @param abbreviation where its abbreviations begin in {@code .debug_abbrev}
 * @param isType       whether it is a type unit
 * @param id           the signature of a type unit, or the id that a skeleton and its split unit share; else 0
 * @param typeOffset   the position of the type in a type unit, from {@code offset}; else 0
 */
record UnitHeader(long offset, long end, long firstEntry, int version, int offsetSize, int addressSize,
        long abbreviation, boolean isType, long id, long typeOffset) {
    private static final int UT_TYPE = 2;
    private static final int UT_SKELETON = 4;
    private static final int UT_SPLIT_COMPILE = 5;
    private static final int UT_SPLIT_TYPE = 6;

    /**
     * The end of the unit at the cursor, which moves past the length.
     *
     * @throws dev.pulpo.elf.MalformedElfException if it would end outside the section; then no later unit can be found
     * either
     */
    static long end(ByteCursor cursor) {
        long length = cursor.u32();
        if (length == 0xffff_ffffL) {
            length = cursor.u64();
        }
        if (length < 0 || length > cursor.remaining()) {
            throw cursor.malformed("a unit within " + cursor.remaining() + " bytes", Long.toUnsignedString(length));
        }
        return cursor.position() + length;
    }

    /**
     * Reads a header; the cursor has the positions of the section.
     *
     * @param typesSection whether the section is {@code .debug_types}
     */
    static UnitHeader read(ByteCursor cursor, boolean typesSection) {
        long offset = cursor.position();
        long end = end(cursor);
        int offsetSize = cursor.position() - offset == 4 ? 4 : 8;
        int version = cursor.u16();
        if (version < 2 || version > 5) {
            throw cursor.malformed("DWARF 2 to 5", "version " + version);
        }
        int type = version >= 5 ? cursor.u8() : typesSection ? UT_TYPE : 1;
        int addressSize = version >= 5 ? cursor.u8() : 0;
        long abbreviation = cursor.unsigned(offsetSize);
        addressSize = version >= 5 ? addressSize : cursor.u8();
        if (addressSize != 4 && addressSize != 8) {
            throw cursor.malformed("addresses of 4 or 8 bytes", Integer.toString(addressSize));
        }
        boolean isType = type == UT_TYPE || type == UT_SPLIT_TYPE;
        boolean hasId = isType || type == UT_SKELETON || type == UT_SPLIT_COMPILE;
        long id = hasId ? cursor.u64() : 0;
        long typeOffset = isType ? cursor.unsigned(offsetSize) : 0;
        if (typeOffset < 0 || typeOffset >= end - offset) {
            throw cursor.malformed("a type within the unit of " + (end - offset) + " bytes",
                    Long.toUnsignedString(typeOffset));
        }
        return new UnitHeader(offset, end, cursor.position(), version, offsetSize, addressSize, abbreviation, isType,
                id, typeOffset);
    }
}
