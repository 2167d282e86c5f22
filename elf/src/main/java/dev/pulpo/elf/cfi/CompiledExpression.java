package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Opcode;
import dev.pulpo.elf.expression.Operation;
import dev.pulpo.elf.expression.UnitValues;
import java.util.Arrays;
import java.util.List;

/**
 * A DWARF expression (DWARF 5, 2.5.1) that has been checked, normalised, and had its branches resolved. Operations that
 * 6.4.2 forbids in call frame information, and those that only describe locations, are malformed.
 *
 * <p>Two longs for each operation: a code below, with a register number above it where one is needed, and the operand.
 */
final class CompiledExpression {
    static final int PUSH = 0;
    /** Pushes a link address, to which the load bias has to be added. */
    static final int PUSH_ADDRESS = 1;
    /** Pushes the value of a register plus the operand. */
    static final int PUSH_REGISTER = 2;
    /** Replaces an address by the value stored there; the operand is the size in bytes. */
    static final int LOAD = 3;
    static final int PICK = 4;
    static final int DROP = 5;
    static final int SWAP = 6;
    static final int ROTATE = 7;
    static final int ADD_CONSTANT = 8;
    /** Goes to the operation whose number is the operand. */
    static final int JUMP = 9;
    static final int JUMP_IF = 10;
    /** Operations on one or two values without an operand have DWARF's own codes. */
    static final int FIRST_ARITHMETIC = 0x19;

    private static final int REGISTER_SHIFT = 8;

    private final long[] code;

    private CompiledExpression(long[] code) {
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
    static CompiledExpression read(ByteCursor cursor) {
        Expression expression = Expression.read(cursor, UnitValues.ofFrames());
        List<Operation> operations = expression.operations();
        long[] code = new long[2 * operations.size()];
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            code[2 * i] = code(expression, operation);
            code[2 * i + 1] = switch (operation.opcode()) {
                case LIT -> operation.number();
                case DEREF -> Long.BYTES;
                case OVER -> 1;
                case BREGX -> operation.second();
                case BRA, SKIP -> expression.target(i);
                default -> operation.first();
            };
        }
        return new CompiledExpression(code);
    }

    private static long code(Expression expression, Operation operation) {
        Opcode opcode = operation.opcode();
        return switch (opcode) {
            case LIT, CONST1U, CONST1S, CONST2U, CONST2S, CONST4U, CONST4S, CONST8U, CONST8S, CONSTU, CONSTS -> PUSH;
            case ADDR -> PUSH_ADDRESS;
            case BREG, BREGX -> {
                long register = operation.register();
                if (register < 0 || register >= DwarfRegisters.COUNT) {
                    throw expression.malformed(operation, "a general register", Long.toUnsignedString(register));
                }
                yield register << REGISTER_SHIFT | PUSH_REGISTER;
            }
            case DEREF -> LOAD;
            case DEREF_SIZE -> {
                long size = operation.first();
                if (size < 1 || size > Long.BYTES || Long.bitCount(size) != 1) {
                    throw expression.malformed(operation, "a load of 1, 2, 4 or 8 bytes", Long.toString(size));
                }
                yield LOAD;
            }
            case DUP, OVER, PICK -> PICK;
            case DROP -> DROP;
            case SWAP -> SWAP;
            case ROT -> ROTATE;
            case PLUS_UCONST, NOP -> ADD_CONSTANT;
            case BRA -> JUMP_IF;
            case SKIP -> JUMP;
            case ABS, AND, DIV, MINUS, MOD, MUL, NEG, NOT, OR, PLUS, SHL, SHR, SHRA, XOR, EQ, GE, GT, LE, LT, NE ->
                opcode.code();
            default -> throw expression.malformed(operation, "an operation allowed in call frame information",
                    opcode.toString());
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CompiledExpression expression && Arrays.equals(code, expression.code);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(code);
    }
}
