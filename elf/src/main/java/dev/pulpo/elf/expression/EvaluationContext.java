package dev.pulpo.elf.expression;

import java.util.OptionalLong;

/** What an expression is evaluated in: a frame, and what is known of the function and of its caller. */
public interface EvaluationContext extends FrameState {
    /** What {@code DW_OP_fbreg} counts from: where the function's frame is. */
    Location frameBase();

    /**
     * What a register, or a place in memory, held when the function was entered.
     *
     * @param what the location that is asked about
     * @return a {@link Location.Value}, or why it cannot be known
     */
    Location entryValue(Expression what);

    /**
     * The argument that the caller passed for a parameter of the function (GNU).
     *
     * @param parameter the offset of its entry in the unit
     */
    default Location argument(long parameter) {
        return new Location.Unknown("the argument is not described by the caller");
    }

    /** The object that the type with the expression is of; empty outside of types. */
    default OptionalLong objectAddress() {
        return OptionalLong.empty();
    }
}
