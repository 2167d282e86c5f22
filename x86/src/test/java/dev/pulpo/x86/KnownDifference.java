package dev.pulpo.x86;

import org.jspecify.annotations.Nullable;

/**
 * Where objdump 2.40 and the decoder differ for a reason. Nearly all of it is data between functions that objdump reads
 * as code; where it accepts what no processor does, Zydis and the decoder agree (see {@code ExhaustiveTest}).
 */
enum KnownDifference {
    /** objdump ends an instruction where a symbol begins and prints the bytes before it as data. */
    SYMBOL_INSIDE,
    /** A lock prefix where there is nothing to lock raises #UD (SDM volume 2, instruction LOCK); objdump prints it. */
    LOCK_OF_NOTHING,
    /** There are six segment registers, and cs cannot be loaded; objdump prints {@code %?} and {@code %cs}. */
    NO_SUCH_SEGMENT_REGISTER,
    /**
     * Second encodings of fxch, fstp, fcom, fcomp and ffreep that the SDM does not list. Processors execute them (AMD64
     * manual volume 3, appendix A, table A-15), Zydis knows them, objdump does not.
     */
    X87_ALIAS,
    /** {@code 9b} is an instruction of its own (fwait); objdump prints it and the x87 instruction behind it as one. */
    FWAIT,
    /** {@code db e5} did something on an 80287 and nothing since; objdump prints it, Zydis and processors do not. */
    ONLY_287,
    /** A REX prefix before VEX, EVEX or XOP raises #UD (SDM volume 2, section 2.3.3); objdump prints both. */
    REX_BEFORE_VECTOR,
    /** So does a repeat prefix (SDM volume 2, section 2.3.2). */
    REPEAT_BEFORE_VECTOR,
    /** SHA512, SM3, SM4, AVX-VNNI-INT16, newer AMX and APX, which came after objdump 2.40. */
    NEWER_THAN_OBJDUMP,
    /** objdump looks at EVEX bits that the decoder does not: registers, broadcast and masks that do not exist. */
    EVEX_BITS,
    /** More than fifteen bytes, which raises #GP (SDM volume 2, section 2.3.11); objdump prints the whole row of prefixes. */
    TOO_LONG,
    /** There are four bound registers; the decoder takes MPX for hints, as processors without it do. */
    NO_SUCH_BOUND_REGISTER;

    static @Nullable KnownDifference of(ObjdumpLine line, int length, Decoder decoder) {
        boolean valid = decoder.status() == Decoder.Status.VALID;
        String text = line.text();
        if (text.startsWith(".byte") || text.contains(" .byte")) {
            return SYMBOL_INSIDE;
        }
        if (!valid && length > Decoder.MAX_LENGTH) {
            return TOO_LONG;
        }
        if (!valid && line.text().contains("lock")) {
            return LOCK_OF_NOTHING;
        }
        if (!valid && (text.contains("%?") || text.contains(",%cs"))) {
            return NO_SUCH_SEGMENT_REGISTER;
        }
        if (valid && line.isBad() && decoder.opcodeMap() == OpcodeMap.ONE && (decoder.opcode() & 0xf8) == 0xd8
                && decoder.modRm() >= 0xc0) {
            return X87_ALIAS;
        }
        if (decoder.opcodeMap() == OpcodeMap.ONE && decoder.opcode() == 0x9b && decoder.immediateSize() == 0 && valid) {
            return FWAIT;
        }
        if (!valid && text.contains("287 only")) {
            return ONLY_287;
        }
        if (!valid && text.contains("rex") && text.contains(" v")) {
            return REX_BEFORE_VECTOR;
        }
        if (!valid && (text.startsWith("repz v") || text.startsWith("repnz v"))) {
            return REPEAT_BEFORE_VECTOR;
        }
        if (valid && line.isBad() && (decoder.isApx() || isNewVex(decoder))) {
            return NEWER_THAN_OBJDUMP;
        }
        if (valid && line.isBad() && decoder.opcodeMap().isEvex()) {
            return EVEX_BITS;
        }
        if (valid && text.startsWith("bnd") && line.isBad()) {
            return NO_SUCH_BOUND_REGISTER;
        }
        return null;
    }

    private static boolean isNewVex(Decoder decoder) {
        return switch (decoder.opcodeMap()) {
            case VEX_38 -> switch (decoder.opcode()) {
                case 0x48, 0x4a, 0x5f, 0x6b, 0x6c, 0x6e, 0x6f, 0xcb, 0xcc, 0xcd, 0xd2, 0xd3, 0xda -> true;
                default -> false;
            };
            case VEX_3A -> decoder.opcode() == 0xde;
            default -> false;
        };
    }
}
