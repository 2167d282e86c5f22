package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.Step;

/** Why a walk came to no result, in words. */
public final class WalkEndText {
    private WalkEndText() {}

    /**
     * The reason.
     *
     * @param end     of the walk
     * @param address where it ended, for people
     */
    public static String of(Step end, String address) {
        return switch (end) {
            case CALLER -> "it has more frames than are followed, or leads in circles";
            case OUTERMOST -> "it waits inside the kernel and its registers cannot be read";
            case NO_CFI -> "there is no call frame information for " + address;
            case UNREADABLE -> "the memory that the frame at " + address + " is in cannot be read";
            case UNKNOWN_REGISTER -> "the frame at " + address + " needs a register that is not known";
            case MALFORMED -> "the call frame information of " + address + " is malformed";
        };
    }
}
