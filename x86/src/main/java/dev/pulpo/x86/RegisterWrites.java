package dev.pulpo.x86;

/**
 * Which general registers an instruction may change. The answer is conservative: an unknown opcode changes every register
 * that it names. Implicit changes of {@code rsp}, as by {@code push}, are left to {@link Decoder#usesStack}.
 */
final class RegisterWrites {
    static final int RSP = 4;
    static final int RBP = 5;

    private RegisterWrites() {}

    /**
     * Whether it may change a register.
     *
     * @param decoder     the decoded instruction
     * @param instruction its bytes
     * @param register    {@link #RSP} or {@link #RBP}; implicit changes of others are unknown
     */
    static boolean may(Decoder decoder, byte[] instruction, int register) {
        if (decoder.isApx()) {
            return true;
        }
        return switch (decoder.opcodeMap()) {
            case ONE -> one(decoder, register);
            case X0F -> x0f(decoder, register);
            default -> !namesVectorsAlone(decoder.opcodeMap(), decoder.opcode())
                    && (names(decoder, register) || decoder.vectorRegister(instruction) == register);
        };
    }

    private static boolean names(Decoder decoder, int register) {
        return decoder.modRm() >= 0 && (decoder.register() == register || decoder.otherRegister() == register);
    }

    /** The register in the opcode. */
    private static int embedded(Decoder decoder) {
        return decoder.opcode() & 7 | (decoder.extendsBase() ? 8 : 0);
    }

    /** SDM volume 2, appendix A, table A-2. */
    private static boolean one(Decoder decoder, int register) {
        int opcode = decoder.opcode();
        int extension = decoder.modRm() >> 3 & 7;
        boolean reg = decoder.modRm() >= 0 && decoder.register() == register;
        boolean rm = decoder.otherRegister() == register;
        if (opcode < 0x40) {
            // add or adc sbb and sub xor; cmp changes none of them.
            return opcode < 0x38 && ((opcode & 7) < 2 ? rm : reg);
        }
        return switch (opcode) {
            case 0x58, 0x59, 0x5a, 0x5b, 0x5c, 0x5d, 0x5e, 0x5f -> embedded(decoder) == register;
            case 0x90, 0x91, 0x92, 0x93, 0x94, 0x95, 0x96, 0x97 -> embedded(decoder) == register;
            case 0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7, 0xb8, 0xb9, 0xba, 0xbb, 0xbc, 0xbd, 0xbe, 0xbf ->
                embedded(decoder) == register;
            // enter and leave change both without naming them.
            case 0xc8, 0xc9 -> true;
            // movslq imul imul mov mov lea
            case 0x63, 0x69, 0x6b, 0x8a, 0x8b, 0x8d -> reg;
            // test; mov to a segment register
            case 0x84, 0x85, 0x8e -> false;
            // mov, pop, shifts: their other operand is read, or is not a register
            case 0x88, 0x89, 0x8c, 0x8f, 0xc0, 0xc1, 0xc6, 0xc7, 0xd0, 0xd1, 0xd2, 0xd3 -> rm;
            case 0x80, 0x81, 0x83 -> extension != 7 && rm;
            case 0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf -> false;
            // not and neg; multiplications and divisions change rax and rdx
            case 0xf6, 0xf7 -> (extension == 2 || extension == 3) && rm;
            case 0xfe, 0xff -> extension < 2 && rm;
            default -> reg || rm;
        };
    }

    /** SDM volume 2, appendix A, table A-3. */
    private static boolean x0f(Decoder decoder, int register) {
        int opcode = decoder.opcode();
        if (namesVectorsAlone(OpcodeMap.X0F, opcode)) {
            return false;
        }
        return switch (opcode) {
            // Includes enclu, vmfunc and getsec, which may run any code.
            case 0x01 -> decoder.modRm() >= 0xc0 || names(decoder, register);
            case 0x37 -> true;
            // Prefetches, nops and the bounds of MPX; bt
            case 0x0d, 0x18, 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1f, 0xa3 -> false;
            case 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf -> embedded(decoder) == register;
            default -> names(decoder, register);
        };
    }

    /** Whether all register fields name vector, MMX or tile registers, or general ones that are only read. */
    private static boolean namesVectorsAlone(OpcodeMap map, int opcode) {
        return switch (map) {
            case X0F, VEX_0F, EVEX_0F -> opcode >= 0x10 && opcode <= 0x17 || opcode >= 0x28 && opcode <= 0x2b
                    || opcode == 0x2e || opcode == 0x2f || opcode >= 0x51 && opcode <= 0x76 || opcode == 0x7c
                    || opcode == 0x7d || opcode == 0x7f || opcode == 0xc2 || opcode == 0xc4 || opcode == 0xc6
                    || opcode >= 0xd0 && opcode <= 0xfe && opcode != 0xd7;
            // Not movrs; cmpccxadd is among the upper ones.
            case X38 -> opcode < 0x8a || opcode > 0x8b && opcode < 0xe0;
            case VEX_38, EVEX_38 -> opcode < 0xe0;
            // Not pextrb and its relatives, and not rorx.
            case X3A, VEX_3A, EVEX_3A -> (opcode < 0x14 || opcode > 0x17) && opcode < 0xf0;
            case ONE, EVEX_4, EVEX_5, EVEX_6, XOP_8, XOP_9, XOP_A -> false;
        };
    }
}
