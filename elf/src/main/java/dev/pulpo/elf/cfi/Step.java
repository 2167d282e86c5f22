package dev.pulpo.elf.cfi;

/** What became of one step of an {@link Unwinder}. */
public enum Step {
    /** The registers are those of the caller now. */
    CALLER,
    /** The frame has no caller: this is the good end. */
    OUTERMOST,
    /** Nothing describes the code at the program counter. */
    NO_CFI,
    /** Memory that is needed cannot be read. */
    UNREADABLE,
    /** A register is needed whose value is not known in this frame. */
    UNKNOWN_REGISTER,
    /** The description of the code is broken, or leads nowhere. */
    MALFORMED
}
