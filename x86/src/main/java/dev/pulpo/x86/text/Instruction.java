package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.Flow;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * One instruction as a value.
 *
 * <p>Bytes that are no instruction are one byte long and read {@code (bad)}, without a {@linkplain #flow flow}. Bytes that
 * are an instruction without a name here, as those of APX, have their length and flow and read {@code .byte}.
 *
 * @param bytes    its bytes, and their address in the caller's address space
 * @param flow     where control continues after it
 * @param prefixes the prefixes that are written as such, as they follow on each other
 * @param intel    the mnemonic in Intel's syntax
 * @param att      the mnemonic in AT&amp;T's syntax, with its suffix
 * @param operands in the order of Intel's syntax
 * @param form     what AT&amp;T's syntax depends on besides
 * @param pointer  what a RIP-relative operand points to, in the address space of the instruction
 */
public record Instruction(CodeBytes bytes, Optional<Flow> flow, List<String> prefixes, String intel, String att,
        List<Operand> operands, Form form, Optional<CodeAddress> pointer) {
    /** What AT&amp;T's syntax depends on besides. */
    public enum Form {
        /** Operands in the reverse order. */
        REVERSED,
        /** Operands in the order of Intel's syntax. */
        STRAIGHT,
        /** A branch through its operand. */
        INDIRECT,
        /** No instruction is named. */
        UNNAMED
    }

    /** The address of its first byte. */
    public CodeAddress address() {
        return bytes.start();
    }

    /** Its length in bytes. */
    public int length() {
        return bytes.length();
    }

    /** Whether it has a name; if not, its text tells its bytes. */
    public boolean isNamed() {
        return form != Form.UNNAMED;
    }

    /** Where a direct branch leads. */
    public Optional<CodeAddress> target() {
        return operands.size() == 1 && operands.getFirst() instanceof Operand.Target target
                ? Optional.of(target.address())
                : Optional.empty();
    }

    /** The text, with addresses as numbers. */
    public String text(Syntax syntax) {
        return text(syntax, address -> "");
    }

    /**
     * The text.
     *
     * @param comment what follows on the target of a branch, such as {@code " <main+0x4>"}
     */
    public String text(Syntax syntax, Function<CodeAddress, String> comment) {
        return new InstructionWriter(this, syntax, comment).text();
    }

    /** The bytes in hexadecimal. */
    public String hex() {
        return HexFormat.ofDelimiter(" ").formatHex(bytes.toByteArray());
    }

    /** The address, the bytes and the text in Intel's syntax. */
    @Override
    public String toString() {
        return "%s: %-30s %s".formatted(address(), hex(), text(Syntax.INTEL));
    }
}
