package dev.pulpo.elf.cfi;

/** The result of one step of an {@link Unwinder}. */
public enum Step {
    /** The registers are those of the caller now. */
    CALLER,
    /** The frame has no caller: the stack is complete. */
    OUTERMOST,
    /** Nothing describes the code at the program counter. */
    NO_CFI,
    /** Required memory cannot be read. */
    UNREADABLE,
    /** The value of a required register is not known in this frame. */
    UNKNOWN_REGISTER,
    /** The description of the code is malformed or makes no sense. */
    MALFORMED
}
