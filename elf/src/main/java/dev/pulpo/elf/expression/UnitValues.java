package dev.pulpo.elf.expression;

import java.util.Optional;

/** The values of a unit that its expressions refer to. */
public interface UnitValues {
    /** The sizes of operands. */
    Encoding encoding();

    /**
     * The value with a number in {@code .debug_addr}; addresses are link addresses.
     *
     * @throws dev.pulpo.elf.MalformedElfException if there is none
     */
    long indexed(long number);

    /**
     * The base type at an offset in the unit; empty if something else is there.
     *
     * @throws dev.pulpo.elf.MalformedElfException if there is no entry
     */
    Optional<BaseType> baseType(long offset);

    /**
     * The expression that is the location of the entry which a {@code call} operation names; empty if it has none.
     *
     * @throws dev.pulpo.elf.MalformedElfException if there is no entry
     */
    Optional<Expression> called(Operation call);

    /** The number among all files of the entry that an {@code implicit_pointer} names. */
    long entry(Operation pointer);

    /** The values for call frame information, which has no unit. */
    static UnitValues ofFrames() {
        return NoUnit.FRAMES;
    }
}
