/**
 * DWARF expressions (DWARF 5, 2.5 and 2.6), for locations of objects and for call frame information. In reading order:
 *
 * <ul>
 * <li>{@link dev.pulpo.elf.expression.Expression} is a list of {@link dev.pulpo.elf.expression.Operation}s, each an
 * {@link dev.pulpo.elf.expression.Opcode} with {@code Operand}s, whose sizes depend on the
 * {@link dev.pulpo.elf.expression.Encoding}; it refers to the {@link dev.pulpo.elf.expression.UnitValues} of its unit
 * ({@code NoUnit} in call frame information).
 * <li>{@link dev.pulpo.elf.expression.Evaluator} evaluates it in an {@link dev.pulpo.elf.expression.EvaluationContext}, a
 * kind of {@link dev.pulpo.elf.expression.FrameState}, to a {@link dev.pulpo.elf.expression.Location};
 * {@link dev.pulpo.elf.expression.Content} reads the bytes there. {@code CannotKnow} ends an evaluation that lacks
 * something.
 * <li>{@link dev.pulpo.elf.expression.Arithmetic} computes with addresses, {@code TypedArithmetic} with
 * {@link dev.pulpo.elf.expression.BaseType}s; {@link dev.pulpo.elf.expression.DwarfRegisters} names registers.
 * </ul>
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.elf.expression;
