/**
 * x86-64 instructions as text, in the words of {@code objdump}.
 *
 * <pre>{@code
 * new Disassembler().all(CodeBytes.at(new CodeAddress(0x1139), "48 83 ec 08 c3"))
 * }</pre>
 *
 * <p>In reading order:
 * <ol>
 * <li>{@link dev.pulpo.x86.text.Disassembler}: from bytes to instructions;
 * <li>{@link dev.pulpo.x86.text.Instruction}, {@link dev.pulpo.x86.text.Operand}, {@link dev.pulpo.x86.text.Syntax}: the
 * values, which know no syntax, and their text;
 * <li>{@code Fields}: prefixes, opcode and ModRM, and which prefixes have a meaning; {@code InstructionTable}: the lines of
 * {@code instructions.txt}; {@code OperandReader}, {@code Registers}, {@code Names}: what a line says about these fields;
 * <li>{@code InstructionWriter}: the two syntaxes.
 * </ol>
 *
 * <p>What {@link dev.pulpo.x86.Decoder} does not take for an instruction reads {@code (bad)}. What no line names, such as
 * the encodings of APX, reads {@code .byte}: no text is better than a wrong one.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.x86.text;
