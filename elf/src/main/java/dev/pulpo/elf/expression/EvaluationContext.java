package dev.pulpo.elf.expression;

import java.util.OptionalLong;

/** The context of an evaluation: a frame, and what is known of its function and of its caller. */
public interface EvaluationContext extends FrameState {
    /** The base of {@code DW_OP_fbreg}: where the function's frame is. */
    Location frameBase();

    /**
     * The content of a register or a memory location when the function was entered.
     *
     * @param what the location
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

    /** The object whose type contains the expression; empty outside types. */
    default OptionalLong objectAddress() {
        return OptionalLong.empty();
    }
}
