package dev.pulpo.elf.expression;

/**
 * The type of a value on the stack of an expression (DWARF 5, 2.5.1 and 7.8).
 *
 * @param encoding a {@code DW_ATE} number; 0 for the generic type
 * @param size     in bytes
 */
public record BaseType(int encoding, long size) {
    /** The type of addresses and of all numbers before DWARF 5. */
    public static final BaseType GENERIC = new BaseType(0, Long.BYTES);

    private static final int FLOAT = 4;
    private static final int SIGNED = 5;
    private static final int SIGNED_CHAR = 6;

    /** Whether its values are floating-point numbers. */
    public boolean isFloat() {
        return encoding == FLOAT;
    }

    /** Whether its values are integers with a sign. */
    public boolean isSigned() {
        return encoding == SIGNED || encoding == SIGNED_CHAR;
    }

    /** Whether a value fits into eight bytes, and so on the stack. */
    boolean fits() {
        return isFloat() ? size == Float.BYTES || size == Double.BYTES : size >= 1 && size <= Long.BYTES;
    }
}
