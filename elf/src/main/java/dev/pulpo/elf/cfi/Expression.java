package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import java.util.Arrays;

/**
 * A DWARF expression (DWARF 5, 2.5.1) made ready for evaluation: checked, its operations normalised, its branches
 * resolved. What 6.4.2 forbids in call frame information, and what only describes locations, is malformed.
 *
 * <p>Two longs for each operation: a code below, with a register number above it where one is needed, and the operand.
 */
final class Expression {
    static final int PUSH = 0;
    /** Pushes a link address, to which the load bias has to be added. */
    static final int PUSH_ADDRESS = 1;
    /** Pushes the value of a register plus the operand. */
    static final int PUSH_REGISTER = 2;
    /** Replaces an address by what is stored there; the operand is the size in bytes. */
    static final int LOAD = 3;
    static final int PICK = 4;
    static final int DROP = 5;
    static final int SWAP = 6;
    static final int ROTATE = 7;
    static final int ADD_CONSTANT = 8;
    /** Goes to the operation whose number is the operand. */
    static final int JUMP = 9;
    static final int JUMP_IF = 10;
    /** The codes of DWARF itself serve for operations of one or two values that have no operand. */
    static final int FIRST_ARITHMETIC = 0x19;

    private static final int REGISTER_SHIFT = 8;

    private final long[] code;

    private Expression(long[] code) {
        this.code = code;
    }

    int length() {
        return code.length / 2;
    }

    int operation(int index) {
        return (int) code[2 * index] & 0xff;
    }

    int register(int index) {
        return (int) code[2 * index] >>> REGISTER_SHIFT;
    }

    long operand(int index) {
        return code[2 * index + 1];
    }

    /** Reads a whole run of bytes as one expression. */
    static Expression read(ByteCursor cursor) {
        int size = (int) Math.min(cursor.limit(), Short.MAX_VALUE);
        if (size != cursor.limit()) {
            throw cursor.malformed("an expression of at most " + Short.MAX_VALUE + " bytes", cursor.limit() + " bytes");
        }
        // The number of the operation that begins at a byte; branches may go to the end as well.
        int[] operationAt = new int[size + 1];
        Arrays.fill(operationAt, -1);
        long[] code = new long[2 * size];
        int count = 0;
        while (cursor.hasRemaining()) {
            operationAt[(int) cursor.position()] = count;
            readOperation(cursor, code, 2 * count++);
        }
        operationAt[size] = count;
        for (int i = 0; i < count; i++) {
            int operation = (int) code[2 * i];
            if (operation == JUMP || operation == JUMP_IF) {
                long target = code[2 * i + 1];
                if (target < 0 || target > size || operationAt[(int) target] < 0) {
                    throw cursor.malformed("a branch to an operation of the expression", "byte " + target);
                }
                code[2 * i + 1] = operationAt[(int) target];
            }
        }
        return new Expression(Arrays.copyOf(code, 2 * count));
    }

    private static void readOperation(ByteCursor cursor, long[] code, int at) {
        int opcode = cursor.u8();
        if (opcode >= 0x30 && opcode <= 0x4f) {
            set(code, at, PUSH, opcode - 0x30);
        } else if (opcode >= 0x70 && opcode <= 0x8f) {
            setRegister(cursor, code, at, opcode - 0x70, cursor.sleb128());
        } else {
            readNumbered(cursor, opcode, code, at);
        }
    }

    private static void readNumbered(ByteCursor cursor, int opcode, long[] code, int at) {
        switch (opcode) {
            case 0x03 -> set(code, at, PUSH_ADDRESS, cursor.u64());
            case 0x06 -> set(code, at, LOAD, Long.BYTES);
            case 0x08 -> set(code, at, PUSH, cursor.u8());
            case 0x09 -> set(code, at, PUSH, cursor.i8());
            case 0x0a -> set(code, at, PUSH, cursor.u16());
            case 0x0b -> set(code, at, PUSH, cursor.i16());
            case 0x0c -> set(code, at, PUSH, cursor.u32());
            case 0x0d -> set(code, at, PUSH, cursor.i32());
            case 0x0e, 0x0f -> set(code, at, PUSH, cursor.i64());
            case 0x10 -> set(code, at, PUSH, cursor.uleb128());
            case 0x11 -> set(code, at, PUSH, cursor.sleb128());
            case 0x12 -> set(code, at, PICK, 0);
            case 0x13 -> set(code, at, DROP, 0);
            case 0x14 -> set(code, at, PICK, 1);
            case 0x15 -> set(code, at, PICK, cursor.u8());
            case 0x16 -> set(code, at, SWAP, 0);
            case 0x17 -> set(code, at, ROTATE, 0);
            case 0x19, 0x1a, 0x1b, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x21, 0x22, 0x24, 0x25, 0x26, 0x27, 0x29, 0x2a, 0x2b,
                    0x2c, 0x2d, 0x2e ->
                set(code, at, opcode, 0);
            case 0x23 -> set(code, at, ADD_CONSTANT, cursor.uleb128());
            case 0x28 -> set(code, at, JUMP_IF, branch(cursor));
            case 0x2f -> set(code, at, JUMP, branch(cursor));
            case 0x92 -> setRegister(cursor, code, at, cursor.uleb128(), cursor.sleb128());
            case 0x94 -> set(code, at, LOAD, loadSize(cursor));
            // DW_OP_nop
            case 0x96 -> set(code, at, ADD_CONSTANT, 0);
            default -> throw cursor.malformed("an operation allowed in call frame information",
                    "0x" + Integer.toHexString(opcode));
        }
    }

    private static void set(long[] code, int at, int operation, long operand) {
        code[at] = operation;
        code[at + 1] = operand;
    }

    private static void setRegister(ByteCursor cursor, long[] code, int at, long register, long offset) {
        if (register < 0 || register >= DwarfRegisters.COUNT) {
            throw cursor.malformed("a general register", Long.toUnsignedString(register));
        }
        set(code, at, ((int) register << REGISTER_SHIFT) | PUSH_REGISTER, offset);
    }

    /** Branches count from the operation behind them. */
    private static long branch(ByteCursor cursor) {
        long distance = cursor.i16();
        return cursor.position() + distance;
    }

    private static int loadSize(ByteCursor cursor) {
        int size = cursor.u8();
        if (size != 1 && size != 2 && size != 4 && size != 8) {
            throw cursor.malformed("a load of 1, 2, 4 or 8 bytes", Integer.toString(size));
        }
        return size;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Expression expression && Arrays.equals(code, expression.code);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(code);
    }
}
