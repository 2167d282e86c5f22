package dev.pulpo.elf.cfi;

/**
 * The rule for one register, or for the canonical frame address (CFA), in one long:
 *
 * <pre>
 *   register rule   | value: offset, register or number of an expression (61) | kind (3) |
 *   CFA rule        | offset (54)                     | register (8) | kind (2) |
 *                   | number of an expression (62)                   | kind (2) |
 * </pre>
 *
 * DWARF 5, 6.4.1.
 */
final class PackedRule {
    /** Not mentioned: the psABI's rule for the register applies. */
    static final int UNSPECIFIED = 0;
    /** The value is gone; for the return address, the frame is the outermost. */
    static final int UNDEFINED = 1;
    static final int SAME_VALUE = 2;
    /** Stored at CFA + value. */
    static final int OFFSET = 3;
    /** Is CFA + value. */
    static final int VALUE_OFFSET = 4;
    /** Held by another register. */
    static final int REGISTER = 5;
    /** Stored at the address that the expression computes. */
    static final int EXPRESSION = 6;
    /** Is the value that the expression computes. */
    static final int VALUE_EXPRESSION = 7;

    static final int CFA_MISSING = 0;
    static final int CFA_REGISTER = 1;
    static final int CFA_EXPRESSION = 2;

    private static final int CFA_OFFSET_SHIFT = 10;

    private PackedRule() {}

    static long rule(int kind, long value) {
        return (value << 3) | kind;
    }

    static int kind(long rule) {
        return (int) rule & 7;
    }

    static long value(long rule) {
        return rule >> 3;
    }

    /** Whether a value survives being packed into a register rule. */
    static boolean fits(long value) {
        return value << 3 >> 3 == value;
    }

    static long cfaRegister(int register, long offset) {
        return (offset << CFA_OFFSET_SHIFT) | ((long) register << 2) | CFA_REGISTER;
    }

    static boolean fitsCfa(long offset) {
        return offset << CFA_OFFSET_SHIFT >> CFA_OFFSET_SHIFT == offset;
    }

    static long cfaExpression(int expression) {
        return ((long) expression << 2) | CFA_EXPRESSION;
    }

    static int cfaKind(long rule) {
        return (int) rule & 3;
    }

    static int cfaRegister(long rule) {
        return ((int) rule >>> 2) & 0xff;
    }

    static long cfaOffset(long rule) {
        return rule >> CFA_OFFSET_SHIFT;
    }

    static int cfaExpressionNumber(long rule) {
        return (int) (rule >> 2);
    }
}
