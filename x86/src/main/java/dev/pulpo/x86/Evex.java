package dev.pulpo.x86;

/**
 * The three bytes after {@code 62} (SDM volume 2, section 2.7.1; Intel APX specification, section 3.1.2):
 *
 * <pre>
 *    P0   R3 X3 B3 R4  B4 m m m         P1   W v v v  v X4 p p         P2   z L L b  V4 a a a
 * </pre>
 *
 * Only APX uses B4 and X4; without it they are 0 and 1.
 */
final class Evex {
    /** Map 4: instructions of the legacy maps with a new destination, or without flags. */
    static final int LEGACY = OpcodeMap.EVEX_4.first();

    private Evex() {}

    /** The index of opcode 00 of a map, negative if there is none. */
    static int map(int number) {
        return switch (number) {
            case 1, 2, 3 -> OpcodeMap.EVEX_0F.first() + (number - 1) * OpcodeTable.OPCODES;
            case 4 -> LEGACY;
            case 5, 6 -> OpcodeMap.EVEX_5.first() + (number - 5) * OpcodeTable.OPCODES;
            default -> -1;
        };
    }

    /** Checks the bits that are fixed for all instructions (SDM volume 2, section 2.7.11.1). */
    static boolean allows(int map, int p0, int p1, int p2, int modRm, int entry) {
        if (map == LEGACY) {
            return (p2 & 0xe0) == 0;
        }
        // With a vector register as operand, B4 and X4 extend nothing.
        boolean reservedBits = modRm >= 0xc0 && (p1 & 4) == 0;
        boolean zeroesUnderNoMask = (p2 & 0x80) != 0 && (p2 & 7) == 0;
        // 3 is not a vector length but a rounding mode, which needs a register operand.
        boolean noLength = (p2 & 0x60) == 0x60 && ((p2 & 0x10) == 0 || modRm < 0xc0);
        boolean gathersUnderNoMask = (entry & Encoding.SIB) != 0 && (p2 & 7) == 0;
        return !reservedBits && !zeroesUnderNoMask && !noLength && !gathersUnderNoMask;
    }
}
