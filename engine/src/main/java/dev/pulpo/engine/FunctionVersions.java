package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.Optional;

/**
 * Both versions of a function, side by side. Padding is left out.
 *
 * @param old         the function's name in the old build
 * @param replacement its name in the new build
 * @param rows        their instructions, in the order of either
 */
public record FunctionVersions(String old, String replacement, List<Row> rows) {
    /**
     * An instruction of both versions, or of one of them.
     *
     * @param old         the one of the old build
     * @param replacement the one of the new build
     * @param same        whether both are there and do the same
     */
    public record Row(Optional<Instruction> old, Optional<Instruction> replacement, boolean same) {}

    /**
     * An instruction.
     *
     * @param address its link address
     * @param bytes   its machine code, in hexadecimal
     * @param uses    what it leads to or refers to outside of the function, by name or as text; empty where it does not
     * @param line    of the source, where debug information has it
     */
    public record Instruction(LinkAddress address, String bytes, String uses, Optional<SourceLine> line) {}

    public FunctionVersions {
        rows = List.copyOf(rows);
    }
}
