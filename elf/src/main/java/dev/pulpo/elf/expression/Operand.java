package dev.pulpo.elf.expression;

import dev.pulpo.elf.ByteCursor;

/** The encoding of an operand (DWARF 5, 7.7.1). */
enum Operand {
    ADDRESS, U8, S8, U16, S16, U32, S32, U64, S64, UNSIGNED, SIGNED,
    /** A distance from the end of the operation, in bytes. */
    DISTANCE,
    /** An offset of an entry in {@code .debug_info}; in DWARF 2 as large as an address. */
    ENTRY,
    /** A register, as a number. */
    REGISTER,
    /** An offset of a base type in the unit; 0 for the generic type. */
    TYPE,
    /** Bytes after their length, which is a LEB128 number. */
    BYTES,
    /** Bytes after their length, which is one byte. */
    SHORT_BYTES,
    /** As {@link #BYTES}, where the bytes are an expression. */
    EXPRESSION;

    /** Reads the operand; for bytes, their length. */
    long read(ByteCursor cursor, Encoding encoding) {
        return switch (this) {
            case ADDRESS -> cursor.unsigned(encoding.addressSize());
            case U8, SHORT_BYTES -> cursor.u8();
            case S8 -> cursor.i8();
            case U16 -> cursor.u16();
            case S16, DISTANCE -> cursor.i16();
            case U32 -> cursor.u32();
            case S32 -> cursor.i32();
            case U64, S64 -> cursor.i64();
            case UNSIGNED, TYPE, REGISTER, BYTES, EXPRESSION -> cursor.uleb128();
            case SIGNED -> cursor.sleb128();
            case ENTRY -> cursor.unsigned(encoding.version() == 2 ? encoding.addressSize() : encoding.offsetSize());
        };
    }

    boolean isBytes() {
        return this == BYTES || this == SHORT_BYTES || this == EXPRESSION;
    }
}
