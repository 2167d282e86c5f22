package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import java.util.Optional;

/** An operand of an {@link Instruction}. Its text is the business of {@link Syntax}. */
public sealed interface Operand {
    /**
     * A register, or a part of one.
     *
     * @param name as in Intel's syntax: {@code rax}, {@code xmm0}, {@code k1}, {@code st(1)}
     */
    record Register(String name) implements Operand {}

    /**
     * An I/O port.
     *
     * @param register the register with its number
     */
    record Port(String register) implements Operand {}

    /**
     * Memory.
     *
     * @param segment         the segment that the text names
     * @param base            the base register
     * @param index           the index register, which may be a vector
     * @param scale           the factor of the index: 1, 2, 4 or 8
     * @param displacement    the displacement, scaled where the encoding scales it
     * @param hasDisplacement whether the encoding has one, be it 0
     * @param size            in bytes; 0 if the text says none
     * @param copies          how many times the element is broadcast; 0 if it is not
     * @param saysCopies      whether Intel's syntax says so, because no other operand tells
     */
    record Memory(Optional<String> segment, Optional<String> base, Optional<String> index, int scale,
            long displacement, boolean hasDisplacement, int size, int copies,
            boolean saysCopies) implements Operand {}

    /**
     * A number.
     *
     * @param value of the size of the operation, zero-extended
     */
    record Immediate(long value) implements Operand {}

    /** The count of a shift by one, which is part of the opcode; AT&amp;T's syntax leaves it out. */
    record One() implements Operand {}

    /**
     * Where a direct branch leads.
     *
     * @param address the target, in the address space of the instruction
     */
    record Target(CodeAddress address) implements Operand {}

    /**
     * Embedded rounding, or that exceptions are suppressed.
     *
     * @param mode such as {@code rz-sae} or {@code sae}
     */
    record Rounding(String mode) implements Operand {}

    /**
     * An operand of which a mask selects elements.
     *
     * @param operand the operand
     * @param mask    the number of the mask register; 0 for none
     * @param zeroes  whether the other elements become 0
     */
    record Masked(Operand operand, int mask, boolean zeroes) implements Operand {}
}
