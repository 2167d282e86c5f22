package dev.pulpo.elf.expression;

import java.util.Optional;

/** What an expression refers to in the unit that it is in. */
public interface UnitValues {
    /** The sizes of operands. */
    Encoding encoding();

    /**
     * The value with a number in {@code .debug_addr}; of addresses, link addresses.
     *
     * @throws dev.pulpo.elf.MalformedElfException where there is none
     */
    long indexed(long number);

    /**
     * The base type at an offset in the unit; empty where something else is there.
     *
     * @throws dev.pulpo.elf.MalformedElfException where there is no entry
     */
    Optional<BaseType> baseType(long offset);

    /**
     * The expression that is the location of the entry which a {@code call} operation names; empty where it has none.
     *
     * @throws dev.pulpo.elf.MalformedElfException where there is no entry
     */
    Optional<Expression> called(Operation call);

    /** The number of the entry that an {@code implicit_pointer} names, among those of all files. */
    long entry(Operation pointer);

    /** What there is in call frame information: nothing. */
    static UnitValues ofFrames() {
        return NoUnit.FRAMES;
    }
}
