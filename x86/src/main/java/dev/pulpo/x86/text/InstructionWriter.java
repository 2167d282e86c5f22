package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.text.Instruction.Form;
import dev.pulpo.x86.text.Operand.Immediate;
import dev.pulpo.x86.text.Operand.Masked;
import dev.pulpo.x86.text.Operand.Memory;
import dev.pulpo.x86.text.Operand.One;
import dev.pulpo.x86.text.Operand.Port;
import dev.pulpo.x86.text.Operand.Register;
import dev.pulpo.x86.text.Operand.Rounding;
import dev.pulpo.x86.text.Operand.Target;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Writes an instruction in one of the syntaxes. */
final class InstructionWriter {
    private final Instruction instruction;
    private final boolean att;
    private final Function<CodeAddress, String> comment;

    InstructionWriter(Instruction instruction, Syntax syntax, Function<CodeAddress, String> comment) {
        this.instruction = instruction;
        this.att = syntax == Syntax.ATT;
        this.comment = comment;
    }

    String text() {
        StringBuilder text = new StringBuilder();
        String name = att ? instruction.att() : instruction.intel();
        List<String> prefixes = new ArrayList<>(instruction.prefixes());
        if (name.contains(",p")) { // AT&T's syntax writes the hint of a branch after its name.
            prefixes.remove(prefixes.lastIndexOf(name.endsWith("n") ? "cs" : "ds"));
        }
        for (String prefix : prefixes) {
            text.append(prefix).append(' ');
        }
        List<Operand> operands = inOrder();
        if (operands.isEmpty()) {
            return text.append(name).toString();
        }
        text.append("%-6s ".formatted(name));
        for (int i = 0; i < operands.size(); i++) {
            Operand operand = operands.get(i);
            // Intel's syntax as objdump writes it has no comma before the rounding.
            text.append(i == 0 || !att && operand instanceof Rounding ? "" : ",").append(operand(operand));
        }
        return text.toString();
    }

    private List<Operand> inOrder() {
        List<Operand> operands = instruction.operands();
        if (att && !operands.isEmpty() && operands.getLast() instanceof One) {
            return operands.subList(0, operands.size() - 1);
        }
        if (!att || instruction.form() != Form.REVERSED) {
            return operands;
        }
        List<Operand> reversed = new ArrayList<>(operands.reversed());
        // The rounding of a conversion from a general register follows on the register.
        if (reversed.size() > 2 && reversed.get(0) instanceof Rounding rounding
                && reversed.get(1) instanceof Register register && Registers.isGeneral(register.name())) {
            reversed.set(0, reversed.get(1));
            reversed.set(1, rounding);
        }
        return reversed;
    }

    private String operand(Operand operand) {
        return switch (operand) {
            case Register register -> star() + register(register.name());
            case Port port -> att ? "(%" + port.register() + ")" : port.register();
            case Memory memory -> star() + (att ? att(memory) : intel(memory));
            case Immediate immediate -> (att ? "$" : "") + hex(immediate.value());
            case One one -> "1";
            case Target target -> hex(target.address().value()) + comment.apply(target.address());
            case Rounding rounding -> "{" + rounding.mode() + "}";
            case Masked masked -> operand(masked.operand())
                    + (masked.mask() == 0 ? "" : "{" + register("k" + masked.mask()) + "}")
                    + (masked.zeroes() ? "{z}" : "");
        };
    }

    private String star() {
        return att && instruction.form() == Form.INDIRECT ? "*" : "";
    }

    private String register(String name) {
        return att ? "%" + (name.startsWith("dr") ? "db" + name.substring(2) : name) : name;
    }

    private String att(Memory memory) {
        StringBuilder text = new StringBuilder();
        memory.segment().ifPresent(s -> text.append('%').append(s).append(':'));
        boolean registers = memory.base().isPresent() || memory.index().isPresent();
        if (memory.hasDisplacement()) {
            text.append(registers ? signed(memory.displacement()) : hex(memory.displacement()));
        }
        if (registers) {
            text.append('(');
            memory.base().ifPresent(base -> text.append('%').append(base));
            memory.index().ifPresent(index -> text.append(",%").append(index).append(',').append(memory.scale()));
            text.append(')');
        }
        return text + copies(memory);
    }

    private String intel(Memory memory) {
        StringBuilder text = new StringBuilder(size(memory));
        memory.segment().ifPresent(s -> text.append(s).append(':'));
        if (memory.base().isEmpty() && memory.index().isEmpty()) {
            text.append(memory.segment().isPresent() ? "" : "ds:").append(hex(memory.displacement()));
        } else {
            text.append('[');
            memory.base().ifPresent(text::append);
            memory.index().ifPresent(index -> text.append(memory.base().isPresent() ? "+" : "").append(index)
                    .append('*').append(memory.scale()));
            if (memory.base().filter(base -> base.endsWith("ip")).isPresent()) {
                text.append('+').append(hex(memory.displacement()));
            } else if (memory.hasDisplacement()) {
                text.append(memory.displacement() < 0 ? "" : "+").append(signed(memory.displacement()));
            }
            text.append(']');
        }
        return text + (memory.saysCopies() ? copies(memory) : "");
    }

    private static String copies(Memory memory) {
        return memory.copies() == 0 ? "" : "{1to" + memory.copies() + "}";
    }

    private static String size(Memory memory) {
        String kind = memory.copies() == 0 ? " PTR " : " BCST ";
        return switch (memory.size()) {
            case 1 -> "BYTE" + kind;
            case 2 -> "WORD" + kind;
            case 4 -> "DWORD" + kind;
            case 6 -> "FWORD" + kind;
            case 8 -> "QWORD" + kind;
            case 10 -> "TBYTE" + kind;
            case 16 -> "XMMWORD" + kind;
            case 32 -> "YMMWORD" + kind;
            case 64 -> "ZMMWORD" + kind;
            case Registers.OCTOWORD -> "OWORD" + kind;
            default -> "";
        };
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }

    private static String signed(long value) {
        return value < 0 ? "-0x" + Long.toHexString(-value) : hex(value);
    }
}
