package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.util.Optional;
import java.util.OptionalLong;

/** Reads the values of attributes (DWARF 5, 7.5.5 and 7.5.6). */
final class Forms {
    private Forms() {}

    /**
     * Reads a value: a number, an offset, an index; for a block, its length, with the cursor moved past it; for a string
     * in place, its position.
     */
    static long read(ByteCursor cursor, int form, UnitHeader unit) {
        return switch (form) {
            case Dw.FORM_ADDR -> cursor.unsigned(unit.addressSize());
            case 0x0b, 0x0c, 0x11, 0x25, 0x29 -> cursor.u8();
            case 0x05, 0x12, 0x26, 0x2a -> cursor.u16();
            case 0x27, 0x2b -> cursor.u16() | (long) cursor.u8() << 16;
            case 0x06, 0x13, Dw.FORM_REF_SUP4, 0x28, 0x2c -> cursor.u32();
            case 0x07, 0x14, Dw.FORM_REF_SIG8, Dw.FORM_REF_SUP8 -> cursor.u64();
            case 0x0d -> cursor.sleb128();
            case 0x0f, 0x15, Dw.FORM_STRX, Dw.FORM_ADDRX, Dw.FORM_LOCLISTX, Dw.FORM_RNGLISTX, Dw.FORM_GNU_ADDR_INDEX,
                    Dw.FORM_GNU_STR_INDEX ->
                cursor.uleb128();
            case Dw.FORM_STRP, Dw.FORM_SEC_OFFSET, Dw.FORM_STRP_SUP, Dw.FORM_LINE_STRP, Dw.FORM_GNU_REF_ALT,
                    Dw.FORM_GNU_STRP_ALT ->
                cursor.unsigned(unit.offsetSize());
            // In DWARF 2 it had the size of an address.
            case Dw.FORM_REF_ADDR -> cursor.unsigned(unit.version() == 2 ? unit.addressSize() : unit.offsetSize());
            case 0x19 -> 1;
            case Dw.FORM_STRING -> skipString(cursor);
            case 0x0a -> skipBlock(cursor, cursor.u8());
            case 0x03 -> skipBlock(cursor, cursor.u16());
            case 0x04 -> skipBlock(cursor, cursor.u32());
            case 0x09, Dw.FORM_EXPRLOC -> skipBlock(cursor, cursor.uleb128());
            case 0x1e -> skipBlock(cursor, 16);
            default -> throw cursor.malformed("a form of DWARF 2 to 5", "0x" + Integer.toHexString(form));
        };
    }

    private static long skipBlock(ByteCursor cursor, long length) {
        cursor.skip(length);
        return length;
    }

    private static long skipString(ByteCursor cursor) {
        long start = cursor.position();
        while (cursor.i8() != 0) {
            // goes on to the NUL
        }
        return start;
    }

    static boolean isBlock(int form) {
        return switch (form) {
            case 0x03, 0x04, 0x09, 0x0a, Dw.FORM_EXPRLOC, 0x1e -> true;
            default -> false;
        };
    }

    static boolean isIndexedAddress(int form) {
        return form == Dw.FORM_ADDRX || (form >= 0x29 && form <= 0x2c) || form == Dw.FORM_GNU_ADDR_INDEX;
    }

    /** The text of a value; empty if it is in a missing supplementary file, or not a text. */
    static Optional<String> string(Unit unit, ByteCursor entry, int form, long value) {
        return switch (form) {
            case Dw.FORM_STRING -> Optional.of(entry.slice(value, entry.limit() - value).string());
            case Dw.FORM_STRP -> Optional.of(text(unit.sections(), ".debug_str", value));
            case Dw.FORM_LINE_STRP -> Optional.of(text(unit.sections(), ".debug_line_str", value));
            case Dw.FORM_STRX, 0x25, 0x26, 0x27, 0x28, Dw.FORM_GNU_STR_INDEX ->
                Optional.of(text(unit.sections(), ".debug_str", unit.indexedString(value)));
            case Dw.FORM_STRP_SUP, Dw.FORM_GNU_STRP_ALT ->
                unit.space().world().supplementary().map(space -> text(space.sections(), ".debug_str", value));
            default -> Optional.empty();
        };
    }

    private static String text(Sections sections, String section, long offset) {
        return sections.cursor(section).position(offset).string();
    }

    /** The entry that a value refers to. */
    static OptionalLong reference(Unit unit, ByteCursor entry, int form, long value) {
        Space space = unit.space();
        return switch (form) {
            case 0x11, 0x12, 0x13, 0x14, 0x15 -> {
                long size = unit.header().end() - unit.header().offset();
                if (value < 0 || value >= size) {
                    throw entry.malformed("a reference within the unit of " + size + " bytes",
                            Long.toUnsignedString(value));
                }
                yield OptionalLong.of(space.reference(unit.header().offset() + value));
            }
            case Dw.FORM_REF_ADDR -> OptionalLong.of(space.checkedReference(value));
            case Dw.FORM_REF_SIG8 -> space.world().typeBySignature(value);
            case Dw.FORM_REF_SUP4, Dw.FORM_REF_SUP8, Dw.FORM_GNU_REF_ALT ->
                space.world().supplementary().map(other -> OptionalLong.of(other.checkedReference(value)))
                        .orElseGet(OptionalLong::empty);
            default -> throw entry.malformed("a form that refers to an entry", "0x" + Integer.toHexString(form));
        };
    }
}
