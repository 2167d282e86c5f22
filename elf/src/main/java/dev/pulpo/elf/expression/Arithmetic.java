package dev.pulpo.elf.expression;

/** The arithmetic operations of DWARF expressions (DWARF 5, 2.5.1.4 and 2.5.1.5), by their code. */
public final class Arithmetic {
    private Arithmetic() {}

    /** {@code abs}, {@code neg}, {@code not}. */
    public static boolean isUnary(int operation) {
        return operation == 0x19 || operation == 0x1f || operation == 0x20;
    }

    /** {@code div}, {@code mod}. */
    public static boolean isDivision(int operation) {
        return operation == 0x1b || operation == 0x1d;
    }

    public static long unary(int operation, long value) {
        return switch (operation) {
            case 0x19 -> Math.abs(value);
            case 0x1f -> -value;
            default -> ~value;
        };
    }

    /** Division and comparisons are signed, the remainder is not (as in libgcc and gdb). */
    public static long binary(int operation, long left, long right) {
        return switch (operation) {
            case 0x1a -> left & right;
            case 0x1b -> left / right;
            case 0x1c -> left - right;
            case 0x1d -> Long.remainderUnsigned(left, right);
            case 0x1e -> left * right;
            case 0x21 -> left | right;
            case 0x22 -> left + right;
            case 0x24 -> isWide(right) ? 0 : left << right;
            case 0x25 -> isWide(right) ? 0 : left >>> right;
            case 0x26 -> left >> (isWide(right) ? Long.SIZE - 1 : right);
            case 0x27 -> left ^ right;
            case 0x29 -> left == right ? 1 : 0;
            case 0x2a -> left >= right ? 1 : 0;
            case 0x2b -> left > right ? 1 : 0;
            case 0x2c -> left <= right ? 1 : 0;
            case 0x2d -> left < right ? 1 : 0;
            case 0x2e -> left != right ? 1 : 0;
            default -> throw new IllegalArgumentException("0x" + Integer.toHexString(operation));
        };
    }

    /** A shift by 64 or more leaves nothing; the processor would shift modulo 64. */
    private static boolean isWide(long shift) {
        return Long.compareUnsigned(shift, Long.SIZE) >= 0;
    }
}
