package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.LinkAddress;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One row of a {@link CfiTable}, for people and tests.
 *
 * @param start       the first address that it applies to
 * @param cfa         how to compute the canonical frame address
 * @param registers   the rules for the registers that have one, by {@linkplain DwarfRegisters DWARF number}
 * @param signalFrame whether the function is a signal trampoline
 */
public record CfiRow(LinkAddress start, CfaRule cfa, Map<Integer, RegisterRule> registers, boolean signalFrame) {
    /** How to compute the canonical frame address, which is the stack pointer before the call. */
    public sealed interface CfaRule {
        /** No rule: the frame cannot be left. */
        record Missing() implements CfaRule {}

        /** A register plus some bytes. */
        record RegisterOffset(int register, long offset) implements CfaRule {}

        /** What an expression computes. */
        record Computed() implements CfaRule {}
    }

    /** How to find the value that a register had in the caller (DWARF 5, 6.4.1). */
    public sealed interface RegisterRule {
        /** It is lost; for the return address: there is no caller. */
        record Undefined() implements RegisterRule {}

        /** It was not changed. */
        record SameValue() implements RegisterRule {}

        /** It is stored at the CFA plus some bytes. */
        record Offset(long bytes) implements RegisterRule {}

        /** It is the CFA plus some bytes. */
        record ValueOffset(long bytes) implements RegisterRule {}

        /** It is in another register. */
        record Register(int number) implements RegisterRule {}

        /** It is stored at an address that an expression computes. */
        record Expression() implements RegisterRule {}

        /** It is what an expression computes. */
        record ValueExpression() implements RegisterRule {}
    }

    public CfiRow {
        registers = Collections.unmodifiableMap(new TreeMap<>(registers));
    }

    static CfiRow read(LinkAddress start, long[] states, int row) {
        int base = row * StatePool.STRIDE;
        Map<Integer, RegisterRule> registers = new TreeMap<>();
        for (int register = 0; register < DwarfRegisters.COUNT; register++) {
            long rule = states[base + register];
            if (PackedRule.kind(rule) != PackedRule.UNSPECIFIED) {
                registers.put(register, registerRule(rule));
            }
        }
        return new CfiRow(start, cfaRule(states[base + Interpreter.CFA]), registers,
                (states[base + StatePool.FLAGS] & StatePool.SIGNAL_FRAME) != 0);
    }

    /** The rules as an {@link Interpreter} leaves them. */
    long[] pack() {
        long[] state = new long[Interpreter.STATE_SIZE];
        registers.forEach((register, rule) -> state[register] = pack(rule));
        state[Interpreter.CFA] = switch (cfa) {
            case CfaRule.Missing missing -> PackedRule.CFA_MISSING;
            case CfaRule.RegisterOffset plain -> PackedRule.cfaRegister(plain.register(), plain.offset());
            case CfaRule.Computed computed -> throw expression();
        };
        return state;
    }

    private static long pack(RegisterRule rule) {
        return switch (rule) {
            case RegisterRule.Undefined lost -> PackedRule.rule(PackedRule.UNDEFINED, 0);
            case RegisterRule.SameValue same -> PackedRule.rule(PackedRule.SAME_VALUE, 0);
            case RegisterRule.Offset stored -> PackedRule.rule(PackedRule.OFFSET, stored.bytes());
            case RegisterRule.ValueOffset value -> PackedRule.rule(PackedRule.VALUE_OFFSET, value.bytes());
            case RegisterRule.Register other -> PackedRule.rule(PackedRule.REGISTER, other.number());
            case RegisterRule.Expression stored -> throw expression();
            case RegisterRule.ValueExpression value -> throw expression();
        };
    }

    private static IllegalArgumentException expression() {
        return new IllegalArgumentException("a row knows that there is an expression, and not which");
    }

    private static CfaRule cfaRule(long rule) {
        return switch (PackedRule.cfaKind(rule)) {
            case PackedRule.CFA_REGISTER ->
                new CfaRule.RegisterOffset(PackedRule.cfaRegister(rule), PackedRule.cfaOffset(rule));
            case PackedRule.CFA_EXPRESSION -> new CfaRule.Computed();
            default -> new CfaRule.Missing();
        };
    }

    private static RegisterRule registerRule(long rule) {
        long value = PackedRule.value(rule);
        return switch (PackedRule.kind(rule)) {
            case PackedRule.SAME_VALUE -> new RegisterRule.SameValue();
            case PackedRule.OFFSET -> new RegisterRule.Offset(value);
            case PackedRule.VALUE_OFFSET -> new RegisterRule.ValueOffset(value);
            case PackedRule.REGISTER -> new RegisterRule.Register((int) value);
            case PackedRule.EXPRESSION -> new RegisterRule.Expression();
            case PackedRule.VALUE_EXPRESSION -> new RegisterRule.ValueExpression();
            default -> new RegisterRule.Undefined();
        };
    }
}
