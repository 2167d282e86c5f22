package dev.pulpo.x86;

/** What {@link Detour#recognise} found at the entry of a function. */
public sealed interface Recognition {
    /** The address of the function. */
    CodeAddress entry();

    /**
     * A prepared function as compiled.
     *
     * @param detour the detour that can be put there
     */
    record Untouched(PreparedDetour detour) implements Recognition {
        @Override
        public CodeAddress entry() {
            return detour.entry();
        }
    }

    /**
     * A prepared function whose padding holds a far jump that its entry does not use: the detour has been reverted, or is
     * about to be put in place. Calls run the function itself.
     *
     * @param detour the detour that can be put there
     * @param jump   the jump in the padding
     */
    record Dormant(PreparedDetour detour, FarJump jump) implements Recognition {
        @Override
        public CodeAddress entry() {
            return detour.entry();
        }
    }

    /**
     * A prepared function with a detour in place.
     *
     * @param detour the detour in place
     * @param jump   the target of calls, and the form of the jump
     */
    record Detoured(PreparedDetour detour, FarJump jump) implements Recognition {
        @Override
        public CodeAddress entry() {
            return detour.entry();
        }
    }

    /**
     * Not a prepared function, or one that another program has changed.
     *
     * @param entry  the address of the function
     * @param reason why not
     * @param found  the bytes that prove it, as far as given
     */
    record NotPrepared(CodeAddress entry, Reason reason, CodeBytes found) implements Recognition {}

    /** Why a function does not count as prepared. */
    enum Reason {
        /** The given bytes do not contain the padding and the flip slot. */
        TOO_FEW_BYTES,
        /** The two bytes of the flip slot are neither nops nor a short jump into the padding. */
        NO_FLIP_SLOT,
        /** The flip slot could be one, but the bytes before the entry are neither nops nor a far jump. */
        NO_PADDING,
        /** The entry jumps to the padding, but the padding holds no far jump of a known form. */
        UNKNOWN_JUMP
    }
}
