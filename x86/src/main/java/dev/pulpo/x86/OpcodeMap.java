package dev.pulpo.x86;

/** The table of an opcode. The names are those of the sections in {@code opcodes.txt}. */
enum OpcodeMap {
    /** One byte. */
    ONE(0, "one"),
    /** After {@code 0f}; includes 3DNow!, except with REX2. */
    X0F(1, "0f"),
    /** After {@code 0f 38}. */
    X38(2, "38"),
    /** After {@code 0f 3a}. */
    X3A(3, "3a"),
    /** VEX, map 1. */
    VEX_0F(4, "vex 0f"),
    /** VEX, map 2. */
    VEX_38(5, "vex 38"),
    /** VEX, map 3. */
    VEX_3A(6, "vex 3a"),
    /** EVEX, map 1. */
    EVEX_0F(7, "evex 0f"),
    /** EVEX, map 2. */
    EVEX_38(8, "evex 38"),
    /** EVEX, map 3. */
    EVEX_3A(9, "evex 3a"),
    /** EVEX, map 5. */
    EVEX_5(10, "evex 5"),
    /** EVEX, map 6. */
    EVEX_6(11, "evex 6"),
    /** XOP, map 8. */
    XOP_8(12, "xop 8"),
    /** XOP, map 9. */
    XOP_9(13, "xop 9"),
    /** XOP, map 10. */
    XOP_A(14, "xop a"),
    /** EVEX, map 4: promoted instructions of APX. */
    EVEX_4(15, "evex 4");

    private static final OpcodeMap[] VALUES = values();

    private final int number;
    private final String section;

    OpcodeMap(int number, String section) {
        this.number = number;
        this.section = section;
    }

    static OpcodeMap of(int number) {
        return VALUES[number];
    }

    static int count() {
        return VALUES.length;
    }

    /** Whether only EVEX selects it. */
    boolean isEvex() {
        return switch (this) {
            case EVEX_0F, EVEX_38, EVEX_3A, EVEX_4, EVEX_5, EVEX_6 -> true;
            case ONE, X0F, X38, X3A, VEX_0F, VEX_38, VEX_3A, XOP_8, XOP_9, XOP_A -> false;
        };
    }

    /** The index of its opcode 00 among the opcodes of all maps. */
    int first() {
        return number * OpcodeTable.OPCODES;
    }

    static OpcodeMap ofSection(String section) {
        for (OpcodeMap map : VALUES) {
            if (map.section.equals(section)) {
                return map;
            }
        }
        throw new IllegalStateException("no opcode map is called \"" + section + '"');
    }
}
