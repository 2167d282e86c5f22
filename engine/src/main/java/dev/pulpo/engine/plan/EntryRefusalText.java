package dev.pulpo.engine.plan;

import dev.pulpo.x86.EntryPlan;
import dev.pulpo.x86.Relocation;

/** Texts of {@link EntryPlan.Refused}, for people. */
public final class EntryRefusalText {
    private EntryRefusalText() {}

    public static String of(EntryPlan.Refused refused) {
        return switch (refused) {
            case EntryPlan.TooShort tooShort -> "it has " + tooShort.available() + " bytes, a jump takes "
                    + tooShort.needed() + ", and no padding follows";
            case EntryPlan.NotUnderstood unknown -> "its bytes at " + unknown.at() + " are no known instruction";
            case EntryPlan.BranchInto branch -> "its branch at " + branch.from() + " leads to " + branch.target()
                    + ", among the bytes that would be overwritten";
            case EntryPlan.UnknownJump jump -> "where its jump at " + jump.at() + " leads is not known";
            case EntryPlan.Immovable immovable -> "its original is to be called, and its instruction at "
                    + immovable.reason().at() + " cannot be moved: " + why(immovable.reason().reason());
            case EntryPlan.MovedCall call -> "its original is to be called, and its first instructions, at " + call.at()
                    + ", call another function; an exception could not pass there";
            case EntryPlan.OutOfReach far -> "no jump of five bytes leads from " + far.from() + " to "
                    + far.trampoline();
        };
    }

    private static String why(Relocation.Reason reason) {
        return switch (reason) {
            case NO_INSTRUCTION -> "it is none";
            case CUT_OFF -> "its end is missing";
            case OUT_OF_REACH -> "its operand would be too far away";
            case EIP_RELATIVE -> "its operand is relative to 32 bits of its address";
            case OPERAND_MOVES -> "its operand is among the overwritten bytes";
            case TARGET_INSIDE_INSTRUCTION -> "it branches into the middle of another instruction";
            case CALLS_MOVED_CODE -> "it calls the overwritten bytes";
            case VENDOR_DEPENDENT -> "Intel's and AMD's processors read it differently";
        };
    }
}
