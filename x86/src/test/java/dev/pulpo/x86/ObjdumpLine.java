package dev.pulpo.x86;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A line of {@code objdump -d --no-show-raw-insn}.
 *
 * @param address where
 * @param text    the instruction, as printed
 */
record ObjdumpLine(long address, String text) {
    private static final Set<String> PREFIXES = Set.of("bnd", "notrack", "data16", "addr32", "cs", "ds", "es", "ss",
            "fs",
            "gs", "rep", "repz", "repnz", "lock", "xacquire", "xrelease", "rex", "rex.W", "rex.R", "rex.X", "rex.B",
            "rex.RX", "rex.RB", "rex.XB", "rex.RXB", "rex.WR", "rex.WX", "rex.WB", "rex.WRX", "rex.WRB", "rex.WXB",
            "rex.WRXB");

    /** The line as printed, or null for one that is no instruction. */
    static @Nullable ObjdumpLine parse(String line) {
        int colon = line.indexOf(':');
        if (colon < 1 || colon + 1 >= line.length() || line.charAt(0) != ' ' || line.charAt(colon + 1) != '\t') {
            return null;
        }
        return new ObjdumpLine(Long.parseUnsignedLong(line.substring(0, colon).strip(), 16),
                line.substring(colon + 2).strip());
    }

    /**
     * Whether it is a dump of these bytes as characters, which is what objdump prints of a symbol of type object instead
     * of instructions.
     */
    boolean isDumpOf(byte[] bytes, int from, int to) {
        StringBuilder dump = new StringBuilder();
        for (int i = from; i < to; i++) {
            dump.append(bytes[i] >= ' ' && bytes[i] < 0x7f ? (char) bytes[i] : '.');
        }
        return text.contentEquals(dump.toString().strip());
    }

    boolean isBad() {
        return text.contains("(bad)");
    }

    /** Whether it stands for prefixes without an instruction. */
    boolean isPrefixOnly() {
        for (String word : text.split(" +", -1)) {
            if (!PREFIXES.contains(word)) {
                return false;
            }
        }
        return true;
    }

    /** The mnemonic without prefixes and branch hints, and what follows it. */
    private String[] words() {
        String rest = text;
        while (true) {
            int blank = rest.indexOf(' ');
            String word = blank < 0 ? rest : rest.substring(0, blank);
            String operands = blank < 0 ? "" : rest.substring(blank).strip();
            if (!PREFIXES.contains(word) || operands.isEmpty()) {
                int hint = word.indexOf(',');
                return new String[]{hint < 0 ? word : word.substring(0, hint), operands};
            }
            rest = operands;
        }
    }

    Flow flow() {
        String[] words = words();
        boolean indirect = words[1].startsWith("*");
        if (words[0].startsWith("ljmp")) {
            return Flow.INDIRECT_JUMP;
        }
        return switch (words[0].startsWith("lcall") ? "lcall" : words[0]) {
            case "call", "callw" -> indirect ? Flow.INDIRECT_CALL : Flow.CALL;
            case "lcall" -> Flow.INDIRECT_CALL;
            case "jmp", "jmpw" -> indirect ? Flow.INDIRECT_JUMP : Flow.JUMP;
            case "jrcxz", "jecxz", "loop", "loope", "loopne", "loopl", "loopel", "loopnel" -> Flow.LOOP;
            case "ret", "retw", "lret", "lretl", "lretw", "lretq", "iret", "iretw", "iretq", "sysret", "sysretl",
                    "sysretq", "sysexit", "sysexitl", "sysexitq", "uiret", "rsm" ->
                Flow.RETURN;
            case "int", "int1", "int3", "syscall", "sysenter" -> Flow.INTERRUPT;
            case "ud0", "ud1", "ud2", "hlt" -> Flow.HALT;
            case "xbegin" -> Flow.CONDITIONAL;
            default -> words[0].startsWith("j") ? Flow.CONDITIONAL : Flow.SEQUENTIAL;
        };
    }

    /** The printed target of a direct branch, or null. */
    @Nullable
    Long target() {
        String operand = words()[1];
        int blank = operand.indexOf(' ');
        String number = blank < 0 ? operand : operand.substring(0, blank);
        return number.startsWith("0x")
                ? (Long) Long.parseUnsignedLong(number.substring(2), 16)
                : number.matches("[0-9a-f]+") ? (Long) Long.parseUnsignedLong(number, 16) : null;
    }

    boolean isRipRelative() {
        return text.contains("(%rip)") || text.contains("(%eip)");
    }

    /** The address that a RIP-relative operand names, as printed behind the instruction. */
    @Nullable
    Long ripTarget() {
        int comment = text.lastIndexOf("# ");
        if (!isRipRelative() || comment < 0) {
            return null;
        }
        String rest = text.substring(comment + 2);
        int blank = rest.indexOf(' ');
        String number = blank < 0 ? rest : rest.substring(0, blank);
        return Long.parseUnsignedLong(number.startsWith("0x") ? number.substring(2) : number, 16);
    }
}
