package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.MalformedElfException;
import java.util.Optional;

/**
 * Why a walk ended. Every end except {@link Outermost} means that frames may be missing. Addresses are those of the
 * process.
 */
public sealed interface UnwindEnd {
    /** The program counter of the last frame. */
    long pc();

    /**
     * The frame has no caller: its return address is marked as undefined, as in {@code _start} and in new threads, or it
     * is zero.
     */
    record Outermost(long pc) implements UnwindEnd {}

    /**
     * No object contains the code, or the object does not describe it, or the stack does not fit what was proven of the
     * code. Nothing is guessed.
     */
    record NoCfi(long pc) implements UnwindEnd {}

    /**
     * Memory could not be read.
     *
     * @param address the address of the missing value
     */
    record Unreadable(long pc, long address) implements UnwindEnd {}

    /**
     * A required register was not preserved by the inner frames.
     *
     * @param register its DWARF number
     */
    record UnknownRegister(long pc, int register) implements UnwindEnd {
        @Override
        public String toString() {
            return "UnknownRegister[pc=" + pc + ", register=" + DwarfRegisters.name(register) + "]";
        }
    }

    /**
     * The call frame information is broken.
     *
     * @param defect where the bytes are wrong; empty if they are well-formed but make no sense: no rule for the CFA, an
     *               expression that divides by zero or does not end, a caller that is the frame itself
     */
    record Malformed(long pc, Optional<MalformedElfException> defect) implements UnwindEnd {}
}
