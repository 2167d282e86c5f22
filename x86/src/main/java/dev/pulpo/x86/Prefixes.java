package dev.pulpo.x86;

/** The legacy prefixes as bits, so that one number holds those of an instruction. */
final class Prefixes {
    static final int LOCK = 1;
    static final int F2 = 1 << 1;
    static final int F3 = 1 << 2;
    static final int OPERAND_SIZE = 1 << 3;
    static final int ADDRESS_SIZE = 1 << 4;
    static final int CS = 1 << 5;
    static final int SS = 1 << 6;
    static final int DS = 1 << 7;
    static final int ES = 1 << 8;
    static final int FS = 1 << 9;
    static final int GS = 1 << 10;
    /** A prefix of APX, not a legacy prefix, but recorded with them. */
    static final int REX2 = 1 << 11;

    private static final int[] OF_BYTE = new int[256];

    static {
        for (int b = 0; b < OF_BYTE.length; b++) {
            OF_BYTE[b] = bit(b);
        }
    }

    private Prefixes() {}

    /** The bit of a prefix byte, 0 for all other bytes. */
    static int ofByte(int b) {
        return OF_BYTE[b];
    }

    private static int bit(int b) {
        return switch (b) {
            case 0xf0 -> LOCK;
            case 0xf2 -> F2;
            case 0xf3 -> F3;
            case 0x66 -> OPERAND_SIZE;
            case 0x67 -> ADDRESS_SIZE;
            case 0x2e -> CS;
            case 0x36 -> SS;
            case 0x3e -> DS;
            case 0x26 -> ES;
            case 0x64 -> FS;
            case 0x65 -> GS;
            default -> 0;
        };
    }

    /** Adds a prefix. Of {@code f2} and {@code f3} the last one counts, as in processors. */
    static int add(int prefixes, int prefix) {
        return (prefix & (F2 | F3)) != 0 ? (prefixes & ~(F2 | F3)) | prefix : prefixes | prefix;
    }

    /**
     * The prefix that selects the instruction if one does: 0 for none, 1 for {@code 66}, 2 for {@code f3}, 3 for
     * {@code f2}, as in the {@code pp} field of VEX. A {@code 66} together with one of the others is an operand-size
     * prefix.
     */
    static int mandatory(int prefixes) {
        if ((prefixes & (F2 | F3)) != 0) {
            return (prefixes & F3) != 0 ? 2 : 3;
        }
        return (prefixes & OPERAND_SIZE) != 0 ? 1 : 0;
    }

    /** 1 for an operand-size prefix, plus 2 for an address-size prefix. */
    static int sizes(int prefixes) {
        return (prefixes >> 3) & 3;
    }
}
