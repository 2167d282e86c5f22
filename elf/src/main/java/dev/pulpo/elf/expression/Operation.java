package dev.pulpo.elf.expression;

import dev.pulpo.elf.ByteCursor;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One operation of an expression, with its operands. Immutable. */
public final class Operation {
    private final int position;
    private final Opcode opcode;
    private final int number;
    private final long first;
    private final long second;
    private final byte[] bytes;
    private final @Nullable Expression inner;
    private final long end;

    /** Reads the next operation of an expression inside {@code depth} others. */
    Operation(ByteCursor cursor, UnitValues unit, int depth) {
        Encoding encoding = unit.encoding();
        position = (int) cursor.position();
        int code = cursor.u8();
        opcode = Opcode.of(code).orElseThrow(() -> cursor.malformed("an operation of DWARF 2 to 5",
                "0x" + Integer.toHexString(code)));
        number = code - opcode.code();
        List<Operand> operands = opcode.operands();
        first = operands.isEmpty() ? 0 : operands.getFirst().read(cursor, encoding);
        second = operands.size() < 2 ? 0 : operands.get(1).read(cursor, encoding);
        if (operands.isEmpty() || !operands.getLast().isBytes()) {
            bytes = new byte[0];
            inner = null;
        } else {
            ByteCursor block = cursor.sub(operands.size() == 1 ? first : second);
            inner = operands.getLast() == Operand.EXPRESSION ? Expression.read(block, unit, depth + 1) : null;
            bytes = block.position(0).bytes(block.limit()).toArray(ValueLayout.JAVA_BYTE);
        }
        end = cursor.position();
    }

    /** Where it begins in its expression, in bytes. */
    public int position() {
        return position;
    }

    public Opcode opcode() {
        return opcode;
    }

    /** The number of a numbered operation: the literal of {@code lit7}, the register of {@code breg7}; else 0. */
    public int number() {
        return number;
    }

    /** The first operand, if there is one; for bytes, their length. Unsigned numbers may appear negative. */
    public long first() {
        return first;
    }

    /** The second operand, if there is one. */
    public long second() {
        return second;
    }

    /** The register that it names, by DWARF number; -1 if it names none. */
    public long register() {
        return switch (opcode) {
            case REG, BREG -> number;
            case REGX, BREGX, REGVAL_TYPE, GNU_REGVAL_TYPE -> first;
            default -> -1;
        };
    }

    /** The target of a branch in the expression, in bytes. */
    long target() {
        return end + first;
    }

    /** The operand that consists of bytes; empty for other operations. */
    public byte[] bytes() {
        return bytes.clone();
    }

    /** The operand that is an expression, which {@code entry_value} has. */
    public Optional<Expression> inner() {
        return Optional.ofNullable(inner);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Operation operation && operation.position == position && operation.opcode == opcode
                && operation.number == number && operation.first == first && operation.second == second
                && Arrays.equals(operation.bytes, bytes);
    }

    @Override
    public int hashCode() {
        return Objects.hash(position, opcode, number, first, second, Arrays.hashCode(bytes));
    }

    /** As tools print it: {@code DW_OP_breg7 rsp+8}, {@code DW_OP_entry_value(DW_OP_reg5 rdi)}. */
    @Override
    public String toString() {
        String name = opcode + (opcode.isNumbered() ? Integer.toString(number) : "");
        return switch (opcode) {
            case REG -> name + " " + DwarfRegisters.name(number);
            case BREG -> name + " " + DwarfRegisters.name(number) + signed(first);
            case REGX -> name + " " + registerName();
            case BREGX -> name + " " + registerName() + signed(second);
            case REGVAL_TYPE, GNU_REGVAL_TYPE -> name + " " + registerName() + " " + hex(second);
            case ENTRY_VALUE, GNU_ENTRY_VALUE -> name + "(" + inner + ")";
            case IMPLICIT_VALUE -> name + " " + hex(first) + separated();
            case CONST_TYPE, GNU_CONST_TYPE -> name + " " + hex(first) + " " + hex(second) + separated();
            default -> {
                List<Operand> operands = opcode.operands();
                yield name + (operands.isEmpty() ? "" : " " + number(operands.getFirst(), first))
                        + (operands.size() < 2 ? "" : " " + number(operands.get(1), second));
            }
        };
    }

    private String registerName() {
        long register = register();
        return register >= 0 && register <= Integer.MAX_VALUE
                ? DwarfRegisters.name((int) register)
                : "reg" + Long.toUnsignedString(register);
    }

    private String separated() {
        return bytes.length == 0 ? "" : " 0x" + HexFormat.ofDelimiter(" 0x").formatHex(bytes);
    }

    private static String number(Operand operand, long value) {
        return switch (operand) {
            case S8, S16, S32, S64, SIGNED, DISTANCE -> Long.toString(value);
            default -> hex(value);
        };
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String signed(long value) {
        return String.format(Locale.ROOT, "%+d", value);
    }
}
