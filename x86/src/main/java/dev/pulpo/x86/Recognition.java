package dev.pulpo.x86;

/** What {@link Detour#recognise} found at the entry of a function. */
public sealed interface Recognition {
    /** The address of the function. */
    CodeAddress entry();

    /**
     * A prepared function as its compiler left it.
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
     * A prepared function whose padding holds a far jump that its entry does not use: the detour has been taken back,
     * or is about to be put in place. Calls run the function itself.
     *
     * @param detour the detour that can be put there
     * @param jump   what stands in the padding
     */
    record Dormant(PreparedDetour detour, FarJump jump) implements Recognition {
        @Override
        public CodeAddress entry() {
            return detour.entry();
        }
    }

    /**
     * A prepared function whose calls are led elsewhere.
     *
     * @param detour the detour in place
     * @param jump   where calls go, and by which form of jump
     */
    record Detoured(PreparedDetour detour, FarJump jump) implements Recognition {
        @Override
        public CodeAddress entry() {
            return detour.entry();
        }
    }

    /**
     * No prepared function, or one that somebody else has changed.
     *
     * @param entry  the address of the function
     * @param reason why not
     * @param found  the bytes that say so; as many of them as were given
     */
    record NotPrepared(CodeAddress entry, Reason reason, CodeBytes found) implements Recognition {}

    /** Why a function does not count as prepared. */
    enum Reason {
        /** The given bytes end before all of padding and flip slot have been seen. */
        TOO_FEW_BYTES,
        /** The two bytes of the flip slot are neither nops nor a short jump into the padding. */
        NO_FLIP_SLOT,
        /** The flip slot could be one, but what stands before the entry is neither nops nor a far jump. */
        NO_PADDING,
        /** The entry jumps to the padding, but the padding holds no far jump of a known form. */
        UNKNOWN_JUMP
    }
}
