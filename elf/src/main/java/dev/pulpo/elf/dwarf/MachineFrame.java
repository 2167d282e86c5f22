package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.FrameState;
import java.util.Optional;

/** A frame on a stack, whose variables are requested. Inlined functions share the frame of their caller. */
public interface MachineFrame extends FrameState {
    /** An address inside the current instruction, which is the call in all frames except the innermost. */
    LinkAddress place();

    /** Where execution continues. */
    LinkAddress next();

    /** The debug information of the object that the code is in. */
    Optional<DebugInfo> info();

    /** The caller's frame; empty if it is unknown. */
    Optional<MachineFrame> caller();
}
