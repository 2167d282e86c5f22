package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.FrameState;
import java.util.Optional;

/** A frame on a stack of a program, whose variables are asked for. Functions that are inlined share one. */
public interface MachineFrame extends FrameState {
    /** An address inside of the instruction that is executed: that of the call, for all frames but the innermost. */
    LinkAddress place();

    /** Where execution goes on. */
    LinkAddress next();

    /** The debug information of the object that the code is in. */
    Optional<DebugInfo> info();

    /** The frame that called this one; empty where it is not known. */
    Optional<MachineFrame> caller();
}
