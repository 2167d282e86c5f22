package dev.pulpo.x86;

import org.jspecify.annotations.Nullable;

/** Where Zydis 4.0 and the decoder differ for a reason. In all that both take for instructions they agree on the length. */
enum ZydisDisagreement {
    /** The vector mask instructions of Knights Corner, which never was an x86-64 processor to run Linux programs on. */
    KNIGHTS_CORNER,
    /** Announced after Zydis 4.0: AVX-VNNI-INT8, AVX-NE-CONVERT, AVX-IFMA, CMPCCXADD, AMX-FP16, RAO-INT, MSRLIST. */
    NEWER_THAN_ZYDIS,
    /** SHA512, SM3, SM4, AVX-VNNI-INT16 and newer AMX, which objdump 2.40 does not know either. OpenSSL uses the first. */
    NEWER_THAN_ALL,
    /** REX2 and EVEX map 4; {@link NewestEncodingsTest} has what they are checked with. */
    APX,
    /** The decoder does not check that mask registers 8 to 15 do not exist. */
    NO_SUCH_MASK_REGISTER,
    /** The decoder does not check that gathers and tile products name three different registers. */
    SAME_REGISTER,
    /** The decoder does not check which vector lengths, W, masks and broadcasts each EVEX instruction has. */
    EVEX_BITS,
    /** The decoder takes MPX for hints, as processors without it do, and does not check its operands. */
    MPX,
    /** The address of movabs is a displacement to Zydis and an immediate here. */
    MOFFS,
    /** {@code repe cmps} looks at the flag that {@code cmps} has set; Zydis says that it depends on it. */
    REPEATED_COMPARISON;

    static @Nullable ZydisDisagreement of(Decoder decoder, byte[] record, int zydisLength) {
        OpcodeMap map = decoder.opcodeMap();
        int opcode = decoder.opcode();
        if (decoder.length() == 0) {
            int first = record[0] & 0xff;
            boolean mvex = first == 0x62 && (record[2] & 4) == 0;
            boolean mask = (first == 0xc4 || first == 0xc5) && (map == OpcodeMap.VEX_0F
                    || (map == OpcodeMap.VEX_3A && opcode == 0x3e) || (first == 0xc4 && (record[1] & 0x1f) == 0));
            return mvex || mask ? KNIGHTS_CORNER : null;
        }
        if (zydisLength == 0 && decoder.isApx()) {
            return APX;
        }
        if (zydisLength == 0) {
            return switch (map) {
                case X0F -> opcode == 0x1a || opcode == 0x1b
                        ? MPX
                        : opcode == 0x01 && decoder.modRm() == 0xc6 ? NEWER_THAN_ZYDIS : null;
                case X38 -> opcode == 0xfc ? NEWER_THAN_ZYDIS : null;
                case VEX_0F -> (opcode & 0xf0) == 0x40 || (opcode & 0xf0) == 0x90 ? NO_SUCH_MASK_REGISTER : null;
                case VEX_38 -> switch (opcode) {
                    case 0x50, 0x51, 0x72, 0xb0, 0xb1, 0xb4, 0xb5, 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7, 0xe8,
                            0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef ->
                        NEWER_THAN_ZYDIS;
                    case 0x48, 0x4a, 0x5f, 0x6b, 0x6c, 0x6e, 0x6f, 0xcb, 0xcc, 0xcd, 0xd2, 0xd3, 0xda -> NEWER_THAN_ALL;
                    case 0x5c -> (decoder.modRm() & 7) == ((decoder.modRm() >> 3) & 7)
                            ? SAME_REGISTER
                            : NEWER_THAN_ZYDIS;
                    case 0x5e, 0x90, 0x91, 0x92, 0x93 -> SAME_REGISTER;
                    default -> null;
                };
                case EVEX_0F, EVEX_38, EVEX_3A, EVEX_4, EVEX_5, EVEX_6 -> EVEX_BITS;
                case VEX_3A -> opcode == 0xde ? NEWER_THAN_ALL : null;
                case ONE, X3A, XOP_8, XOP_9, XOP_A -> null;
            };
        }
        if (map == OpcodeMap.ONE && decoder.length() == zydisLength) {
            return switch (opcode) {
                case 0xa0, 0xa1, 0xa2, 0xa3 -> MOFFS;
                case 0xa6, 0xa7, 0xae, 0xaf -> REPEATED_COMPARISON;
                default -> null;
            };
        }
        return null;
    }
}
