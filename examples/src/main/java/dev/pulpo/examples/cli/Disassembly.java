package dev.pulpo.examples.cli;

import dev.pulpo.engine.FunctionVersions;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.text.Disassembler;
import dev.pulpo.x86.text.Instruction;
import dev.pulpo.x86.text.Syntax;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Instructions of two builds in words. */
final class Disassembly {
    private Disassembly() {}

    /** The words for instructions by their link addresses; an instruction without a name has none. */
    static Map<Long, String> of(List<FunctionVersions.Instruction> instructions) {
        Map<Long, String> words = new HashMap<>();
        Disassembler disassembler = new Disassembler();
        for (FunctionVersions.Instruction each : instructions) {
            CodeBytes bytes = CodeBytes.at(new CodeAddress(each.address().value()), each.bytes());
            List<Instruction> found = disassembler.all(bytes);
            if (found.size() == 1 && found.getFirst().isNamed()) {
                words.put(each.address().value(), found.getFirst().text(Syntax.ATT).replaceAll("\\s+", " "));
            }
        }
        return words;
    }
}
