package dev.pulpo.x86;

import java.util.Map;

/** The answer of {@link Relocator}. */
public sealed interface Relocation {
    /**
     * The same instructions for another place.
     *
     * @param code      what belongs there
     * @param addresses where each instruction was, and where it is now
     * @param calls     whether one of them is a call: its return address then is in the new place, where an unwinder finds
     *                  no frame description
     */
    record Moved(CodeBytes code, Map<CodeAddress, CodeAddress> addresses, boolean calls) implements Relocation {
        /** Copies the map. */
        public Moved {
            addresses = Map.copyOf(addresses);
        }
    }

    /**
     * An instruction among them cannot be moved.
     *
     * @param at     its address
     * @param reason why not
     */
    record CannotMove(CodeAddress at, Reason reason) implements Relocation {}

    /** Why an instruction cannot be moved. */
    enum Reason {
        /** It is none. */
        NO_INSTRUCTION,
        /** The given bytes end within it. */
        CUT_OFF,
        /** Its operand is too far from the new place for a 32-bit displacement, and it has no other form. */
        OUT_OF_REACH,
        /** Its operand is given relative to 32 bits of its address. */
        EIP_RELATIVE,
        /** Its operand lies among the moved bytes, which somebody is about to overwrite. */
        OPERAND_MOVES,
        /** It branches into the middle of another moved instruction. */
        TARGET_INSIDE_INSTRUCTION,
        /** It calls the moved bytes, perhaps to learn its own address. */
        CALLS_MOVED_CODE,
        /** Intel's and AMD's processors do not agree where it ends. */
        VENDOR_DEPENDENT
    }
}
