package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.x86.text.Instruction;
import dev.pulpo.x86.text.Syntax;
import java.util.Optional;

/**
 * An instruction of a {@link FunctionCode}.
 *
 * @param instruction the instruction, at its address in the process
 * @param place       its line in the source, where debug information tells it
 * @param branchedTo  whether a branch of the same function leads to it
 * @param leadsTo     what its branch leads to or its RIP-relative operand is, such as {@code write@plt} or
 *                    {@code table+0x8}; empty where no symbol tells
 */
public record CodeLine(Instruction instruction, Optional<SourceLine> place, boolean branchedTo, String leadsTo) {
    /** The instruction with what it leads to. */
    public String text(Syntax syntax) {
        String name = leadsTo.isEmpty() ? "" : " <" + CxxNames.in(leadsTo) + ">";
        String pointer = instruction.pointer().map(address -> "        # " + address + name).orElse("");
        return instruction.text(syntax, address -> name) + pointer;
    }

    @Override
    public String toString() {
        return instruction.address() + (branchedTo ? " > " : "   ") + text(Syntax.INTEL);
    }
}
