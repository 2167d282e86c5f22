package dev.pulpo.x86;

import java.util.Map;

/** The result of {@link Relocator}. */
public sealed interface Relocation {
    /**
     * The same instructions for another address.
     *
     * @param code      the new code
     * @param addresses the old and the new address of each instruction
     * @param calls     whether one of them is a call, whose return address is then in the new code, where unwinders find
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
        /** It is not an instruction. */
        NO_INSTRUCTION,
        /** The given bytes end within it. */
        CUT_OFF,
        /** Its operand is too far from the new address for a 32-bit displacement, and it has no other form. */
        OUT_OF_REACH,
        /** Its operand is given relative to 32 bits of its address. */
        EIP_RELATIVE,
        /** Its operand is among the moved bytes, which will be overwritten. */
        OPERAND_MOVES,
        /** It branches into the middle of another moved instruction. */
        TARGET_INSIDE_INSTRUCTION,
        /** It calls the moved bytes, perhaps to learn its own address. */
        CALLS_MOVED_CODE,
        /** Its length differs between Intel and AMD. */
        VENDOR_DEPENDENT
    }
}
