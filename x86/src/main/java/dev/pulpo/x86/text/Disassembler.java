package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import dev.pulpo.x86.text.Instruction.Form;
import dev.pulpo.x86.text.InstructionTable.Line;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Turns bytes into {@linkplain Instruction instructions}. {@link Decoder} says how long they are and where they lead;
 * {@code instructions.txt} says what they are called. Not thread-safe.
 */
public final class Disassembler {

    private final Decoder decoder = new Decoder();

    /** A disassembler. */
    public Disassembler() {}

    /** All instructions of the code, one after the other. */
    public List<Instruction> all(CodeBytes code) {
        byte[] bytes = code.toByteArray();
        List<Instruction> instructions = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += instructions.getLast().length()) {
            instructions.add(at(bytes, at, bytes.length, code.start().plus(at)));
        }
        return List.copyOf(instructions);
    }

    /**
     * The instruction at an index.
     *
     * @param bytes   code
     * @param from    the index of its first byte
     * @param to      the index after the last byte that may be read; greater than {@code from}
     * @param address the address of its first byte
     */
    public Instruction at(byte[] bytes, int from, int to, CodeAddress address) {
        int length = decoder.decode(bytes, from, to);
        if (length == 0) {
            return unnamed(CodeBytes.at(address, bytes[from]), Optional.empty(), "(bad)");
        }
        byte[] code = Arrays.copyOfRange(bytes, from, from + length);
        Fields fields = new Fields(code);
        Line line = InstructionTable.find(fields);
        if (line == null) {
            return data(CodeBytes.at(address, code), decoder.flow());
        }
        OperandReader reader = new OperandReader(fields, line, decoder, code, address);
        if (!reader.read()) {
            return data(CodeBytes.at(address, code), decoder.flow());
        }
        Names names = new Names(fields, line, reader, decoder.immediate(), decoder.flow());
        Optional<CodeAddress> pointer = decoder.isRipRelative()
                ? Optional.of(address.plus(length + decoder.displacement()))
                : Optional.empty();
        return new Instruction(CodeBytes.at(address, code), Optional.of(decoder.flow()), fields.prefixes(),
                names.intel(), names.att(), reader.operands(), form(line), pointer);
    }

    private static Form form(Line line) {
        return line.tags.contains("order") ? Form.STRAIGHT : line.tags.contains("ind") ? Form.INDIRECT : Form.REVERSED;
    }

    /** An instruction that has no name. */
    private static Instruction data(CodeBytes bytes, Flow flow) {
        byte[] code = bytes.toByteArray();
        return unnamed(bytes, Optional.of(flow),
                ".byte  " + IntStream.range(0, code.length).mapToObj(i -> "0x" + HexFormat.of().toHexDigits(code[i]))
                        .collect(Collectors.joining(",")));
    }

    private static Instruction unnamed(CodeBytes bytes, Optional<Flow> flow, String text) {
        return new Instruction(bytes, flow, List.of(), text, text, List.of(), Form.UNNAMED, Optional.empty());
    }
}
