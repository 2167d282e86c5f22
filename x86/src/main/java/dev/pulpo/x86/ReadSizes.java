package dev.pulpo.x86;

/**
 * How many bytes of memory instructions read (SDM volume 2, the operands in the instruction reference). Where that depends on
 * more than is looked at, it is the most that it can be.
 */
final class ReadSizes {
    private static final int VECTOR = 16;
    private static final int EXTENDED = 10;

    private ReadSizes() {}

    /**
     * @param extension ModRM.reg
     * @param operand   the operand size
     */
    static int oneByte(int opcode, int extension, int operand) {
        if (opcode >= 0xd8 && opcode <= 0xdf) {
            return floating(opcode, extension);
        }
        if (opcode == 0xff && extension >= 2) {
            return Long.BYTES;
        }
        if (opcode == 0x63) {
            return Integer.BYTES;
        }
        boolean bytes = opcode < 0x40 && (opcode & 5) == 0 || opcode == 0x80 || opcode == 0x84 || opcode == 0x86
                || opcode == 0x88 || opcode == 0x8a || opcode == 0xc0 || opcode == 0xc6 || opcode == 0xd0
                || opcode == 0xd2 || opcode == 0xf6 || opcode == 0xfe;
        return bytes ? 1 : opcode == 0x8f ? Long.BYTES : operand;
    }

    private static int floating(int opcode, int extension) {
        return switch (opcode) {
            case 0xd8, 0xda -> Integer.BYTES;
            case 0xd9 -> extension == 4 ? 28 : Integer.BYTES;
            case 0xdc -> Long.BYTES;
            case 0xdd -> extension == 4 ? 108 : Long.BYTES;
            default -> EXTENDED;
        };
    }

    static int twoByte(int opcode, int prefixes, int operand, boolean wide) {
        boolean single = (prefixes & Prefixes.F3) != 0;
        boolean twice = (prefixes & Prefixes.F2) != 0;
        boolean packed = (prefixes & Prefixes.OPERAND_SIZE) != 0;
        return switch (opcode) {
            case 0x10, 0x51, 0x52, 0x53, 0x58, 0x59, 0x5c, 0x5d, 0x5e, 0x5f, 0xc2 -> single
                    ? Integer.BYTES
                    : twice ? Long.BYTES : VECTOR;
            case 0x12, 0x16 -> single ? VECTOR : Long.BYTES;
            case 0x2a -> (single || twice) && !wide ? Integer.BYTES : Long.BYTES;
            case 0x2c, 0x2d -> single ? Integer.BYTES : packed ? VECTOR : Long.BYTES;
            case 0x2e, 0x2f -> packed ? Long.BYTES : Integer.BYTES;
            case 0x5a -> single ? Integer.BYTES : packed ? VECTOR : Long.BYTES;
            case 0x6e -> wide ? Long.BYTES : Integer.BYTES;
            case 0x6f, 0x70 -> packed || single || twice ? VECTOR : Long.BYTES;
            case 0x7e -> Long.BYTES;
            case 0xe6 -> single ? Long.BYTES : VECTOR;
            case 0xb6, 0xbe, 0xb0, 0xc0 -> 1;
            case 0xb7, 0xbf -> Short.BYTES;
            case 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0xaf,
                    0xb1, 0xb8, 0xba, 0xbc, 0xbd, 0xc1 ->
                operand;
            default -> VECTOR;
        };
    }

    /**
     * @param last the last byte of the prefix: W in bit 7 (of three bytes only), L in bit 2, pp in bits 1 and 0
     */
    static int vex(OpcodeMap map, int opcode, int last) {
        int all = (last & 4) != 0 ? 2 * VECTOR : VECTOR;
        boolean wide = (last & 0x80) != 0;
        int prefix = last & 3;
        int scalar = prefix == 2 ? Integer.BYTES : prefix == 3 ? Long.BYTES : all;
        if (map == OpcodeMap.VEX_0F) {
            return switch (opcode) {
                case 0x10, 0x51, 0x52, 0x53, 0x58, 0x59, 0x5a, 0x5c, 0x5d, 0x5e, 0x5f, 0xc2, 0x2c, 0x2d -> scalar;
                case 0x2a -> wide ? Long.BYTES : Integer.BYTES;
                case 0x2e, 0x2f -> prefix == 1 ? Long.BYTES : Integer.BYTES;
                case 0x12, 0x16 -> prefix < 2 ? Long.BYTES : all;
                case 0x6e -> wide ? Long.BYTES : Integer.BYTES;
                case 0x7e -> Long.BYTES;
                default -> all;
            };
        }
        if (map == OpcodeMap.VEX_38) {
            boolean oneOf = opcode >= 0x98 && opcode <= 0xbf && (opcode & 0xf) >= 8 && (opcode & 1) == 1;
            return switch (opcode) {
                case 0x18, 0x58 -> Integer.BYTES;
                case 0x19, 0x59 -> Long.BYTES;
                case 0x1a, 0x5a -> VECTOR;
                case 0x78 -> 1;
                case 0x79 -> Short.BYTES;
                default -> oneOf ? wide ? Long.BYTES : Integer.BYTES : all;
            };
        }
        return all;
    }
}
