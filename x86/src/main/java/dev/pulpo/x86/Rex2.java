package dev.pulpo.x86;

/**
 * The prefix {@code d5} of APX and the byte after it, which is M0 R4 X4 B4 W R3 X3 B3 (Intel APX specification, section
 * 3.1.1).
 */
final class Rex2 {
    static final int FIRST = 0xd5;
    /** {@code d5 00 a1} and eight bytes: a jump to that address, which is not relative. */
    static final int JMPABS = 0xa1;
    /** Treated as a jump to an unknown address, because the target is absolute. */
    static final int JUMP = Encoding.VALID | Encoding.ofImmediate(Encoding.MOFFS)
            | Flow.INDIRECT_JUMP.number() << Encoding.FLOW_SHIFT;

    private static final int X0F = OpcodeMap.X0F.first();
    private static final int X0F_AE = 0x1ae;
    private static final int X0F_C7 = 0x1c7;
    private static final int X0F_ROW_3 = 0x13;
    private static final int X0F_ROW_8 = 0x18;

    private Rex2() {}

    /** The index of opcode 00 of the map that M0 chooses. */
    static int map(int payload) {
        return payload >= 0x80 ? X0F : 0;
    }

    /** Whether REX2 is allowed: not in whole rows of the maps, not with other prefixes, and not with the XSAVE family. */
    static boolean allows(int where, int modRm, int prefixes) {
        boolean plain = Prefixes.mandatory(prefixes) == 0 && modRm < 0xc0;
        int reg = (modRm >> 3) & 7;
        return switch (where) {
            case 0x0f, 0x62, 0xc4, 0xc5, FIRST -> false;
            case X0F_AE -> !(plain && reg >= 4 && reg <= 6);
            case X0F_C7 -> !(plain && reg >= 3 && reg <= 5);
            default -> (where >= X0F || Prefixes.ofByte(where) == 0) && switch (where >> 4) {
                case 0x4, 0x7, 0xa, 0xe, X0F_ROW_3, X0F_ROW_8 -> false;
                default -> true;
            };
        };
    }
}
