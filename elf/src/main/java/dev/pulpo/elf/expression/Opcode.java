package dev.pulpo.elf.expression;

import static dev.pulpo.elf.expression.Operand.ADDRESS;
import static dev.pulpo.elf.expression.Operand.BYTES;
import static dev.pulpo.elf.expression.Operand.DISTANCE;
import static dev.pulpo.elf.expression.Operand.ENTRY;
import static dev.pulpo.elf.expression.Operand.EXPRESSION;
import static dev.pulpo.elf.expression.Operand.REGISTER;
import static dev.pulpo.elf.expression.Operand.S16;
import static dev.pulpo.elf.expression.Operand.S32;
import static dev.pulpo.elf.expression.Operand.S64;
import static dev.pulpo.elf.expression.Operand.S8;
import static dev.pulpo.elf.expression.Operand.SHORT_BYTES;
import static dev.pulpo.elf.expression.Operand.SIGNED;
import static dev.pulpo.elf.expression.Operand.TYPE;
import static dev.pulpo.elf.expression.Operand.U16;
import static dev.pulpo.elf.expression.Operand.U32;
import static dev.pulpo.elf.expression.Operand.U64;
import static dev.pulpo.elf.expression.Operand.U8;
import static dev.pulpo.elf.expression.Operand.UNSIGNED;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The operations of expressions: DWARF 5, 7.7.1, and the older GNU extensions. */
public enum Opcode {
    ADDR(0x03, ADDRESS), DEREF(0x06), CONST1U(0x08, U8), CONST1S(0x09, S8), CONST2U(0x0a, U16), CONST2S(0x0b,
            S16), CONST4U(0x0c, U32), CONST4S(0x0d, S32), CONST8U(0x0e, U64), CONST8S(0x0f, S64), CONSTU(0x10,
                    UNSIGNED), CONSTS(0x11, SIGNED), DUP(0x12), DROP(0x13), OVER(0x14), PICK(0x15, U8), SWAP(0x16), ROT(
                            0x17), XDEREF(0x18), ABS(0x19), AND(0x1a), DIV(0x1b), MINUS(0x1c), MOD(0x1d), MUL(
                                    0x1e), NEG(0x1f), NOT(0x20), OR(0x21), PLUS(0x22), PLUS_UCONST(0x23, UNSIGNED), SHL(
                                            0x24), SHR(0x25), SHRA(0x26), XOR(0x27), BRA(0x28, DISTANCE), EQ(0x29), GE(
                                                    0x2a), GT(0x2b), LE(0x2c), LT(0x2d), NE(0x2e), SKIP(0x2f, DISTANCE),
    /** A small number, which is the number of the operation. */
    LIT(0x30),
    /** The object is in a register, whose number is that of the operation. */
    REG(0x50),
    /** The value of a register, whose number is that of the operation, plus an offset. */
    BREG(0x70, SIGNED), REGX(0x90, REGISTER), FBREG(0x91, SIGNED), BREGX(0x92, REGISTER, SIGNED), PIECE(0x93,
            UNSIGNED), DEREF_SIZE(0x94, U8), XDEREF_SIZE(0x95, U8), NOP(0x96), PUSH_OBJECT_ADDRESS(0x97), CALL2(0x98,
                    U16), CALL4(0x99, U32), CALL_REF(0x9a, ENTRY), FORM_TLS_ADDRESS(0x9b), CALL_FRAME_CFA(
                            0x9c), BIT_PIECE(0x9d, UNSIGNED, UNSIGNED), IMPLICIT_VALUE(0x9e, BYTES), STACK_VALUE(
                                    0x9f), IMPLICIT_POINTER(0xa0, ENTRY, SIGNED), ADDRX(0xa1, UNSIGNED), CONSTX(0xa2,
                                            UNSIGNED), ENTRY_VALUE(0xa3, EXPRESSION), CONST_TYPE(0xa4, TYPE,
                                                    SHORT_BYTES), REGVAL_TYPE(0xa5, REGISTER, TYPE), DEREF_TYPE(0xa6,
                                                            U8, TYPE), XDEREF_TYPE(0xa7, U8, TYPE), CONVERT(0xa8,
                                                                    TYPE), REINTERPRET(0xa9,
                                                                            TYPE), GNU_PUSH_TLS_ADDRESS(
                                                                                    0xe0), GNU_UNINIT(
                                                                                            0xf0), GNU_IMPLICIT_POINTER(
                                                                                                    0xf2, ENTRY,
                                                                                                    SIGNED), GNU_ENTRY_VALUE(
                                                                                                            0xf3,
                                                                                                            EXPRESSION), GNU_CONST_TYPE(
                                                                                                                    0xf4,
                                                                                                                    TYPE,
                                                                                                                    SHORT_BYTES), GNU_REGVAL_TYPE(
                                                                                                                            0xf5,
                                                                                                                            REGISTER,
                                                                                                                            TYPE), GNU_DEREF_TYPE(
                                                                                                                                    0xf6,
                                                                                                                                    U8,
                                                                                                                                    TYPE), GNU_CONVERT(
                                                                                                                                            0xf7,
                                                                                                                                            TYPE), GNU_REINTERPRET(
                                                                                                                                                    0xf9,
                                                                                                                                                    TYPE), GNU_PARAMETER_REF(
                                                                                                                                                            0xfa,
                                                                                                                                                            U32), GNU_ADDR_INDEX(
                                                                                                                                                                    0xfb,
                                                                                                                                                                    UNSIGNED), GNU_CONST_INDEX(
                                                                                                                                                                            0xfc,
                                                                                                                                                                            UNSIGNED), GNU_VARIABLE_VALUE(
                                                                                                                                                                                    0xfd,
                                                                                                                                                                                    ENTRY);

    private static final int NUMBERED = 32;
    private static final Opcode[] BY_CODE = new Opcode[256];

    static {
        for (Opcode opcode : values()) {
            for (int i = 0; i < (opcode.isNumbered() ? NUMBERED : 1); i++) {
                BY_CODE[opcode.code + i] = opcode;
            }
        }
    }

    private final int code;
    private final @Nullable Operand first;
    private final @Nullable Operand second;

    Opcode(int code) {
        this(code, null, null);
    }

    Opcode(int code, Operand operand) {
        this(code, operand, null);
    }

    Opcode(int code, @Nullable Operand first, @Nullable Operand second) {
        this.code = code;
        this.first = first;
        this.second = second;
    }

    /** Its byte; for numbered operations, that of number 0. */
    public int code() {
        return code;
    }

    /** Whether there are 32 variants with numbers. */
    public boolean isNumbered() {
        return code == 0x30 || code == 0x50 || code == 0x70;
    }

    List<Operand> operands() {
        return first == null ? List.of() : second == null ? List.of(first) : List.of(first, second);
    }

    /** The operation of a byte. */
    static Optional<Opcode> of(int code) {
        return Optional.ofNullable(BY_CODE[code]);
    }

    /** As the standard writes it: {@code DW_OP_plus_uconst}. */
    @Override
    public String toString() {
        String lower = name().toLowerCase(Locale.ROOT);
        return "DW_OP_" + (lower.startsWith("gnu_") ? "GNU_" + lower.substring(4) : lower);
    }
}
