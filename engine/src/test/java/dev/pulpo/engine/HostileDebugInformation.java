package dev.pulpo.engine;

import java.util.List;

/**
 * Debug information, as assembly, of a function {@code resting()} that waits for ever: with types that consist of themselves,
 * chains and nests without end. Tags, attributes and forms are those of DWARF 4, section 7.5.
 */
final class HostileDebugInformation {
    static final List<String> KINDS = List.of("type-cycle", "struct-cycle", "array-cycle", "type-chain",
            "nested-blocks", "inlined-calls", "origin-cycle");

    private static final int MANY = 150_000;

    private final StringBuilder out = new StringBuilder();

    private HostileDebugInformation() {}

    static String assembly(String kind) {
        return new HostileDebugInformation().write(kind);
    }

    private String write(String kind) {
        out.append("""
                .text
                .globl resting
                .type resting,@function
                resting: .cfi_startproc
                mov $34,%eax
                syscall
                jmp resting
                .cfi_endproc
                .size resting,.-resting
                .Lend:
                .section .debug_abbrev,"",@progbits
                """);
        abbreviation(1, 0x11, true, 0x03, 0x08, 0x11, 0x01, 0x12, 0x01); // unit: name, low_pc, high_pc
        abbreviation(2, 0x24, false, 0x03, 0x08, 0x0b, 0x0b, 0x3e, 0x0b); // base type: name, size, encoding
        abbreviation(3, 0x26, false, 0x49, 0x13); // const: type
        abbreviation(4, 0x13, true, 0x03, 0x08, 0x0b, 0x0b); // struct: name, size
        abbreviation(5, 0x0d, false, 0x03, 0x08, 0x49, 0x13, 0x38, 0x0b); // member: name, type, place
        abbreviation(6, 0x01, true, 0x49, 0x13); // array: type
        abbreviation(7, 0x21, false, 0x2f, 0x0b); // subrange: upper bound
        abbreviation(8, 0x2e, true, 0x03, 0x08, 0x11, 0x01, 0x12, 0x07, 0x40, 0x18, 0x49, 0x13); // function
        abbreviation(9, 0x34, false, 0x03, 0x08, 0x49, 0x13, 0x02, 0x18); // variable: name, type, location
        abbreviation(10, 0x0b, true, 0x11, 0x01, 0x12, 0x07); // block: low_pc, length
        abbreviation(11, 0x1d, true, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07); // inlined: origin, low_pc, length
        abbreviation(12, 0x2e, false, 0x31, 0x13, 0x11, 0x01, 0x12, 0x07); // function: origin, low_pc, length
        out.append("""
                .byte 0
                .section .debug_info,"",@progbits
                .Lunit: .long .Lover-.Lversion
                .Lversion: .value 4
                .long 0
                .byte 8
                """);
        out.append(".uleb128 1\n.string \"hostile.c\"\n.quad resting\n.quad .Lend\n");
        out.append(".Lint: .uleb128 2\n.string \"int\"\n.byte 4,5\n");
        String type = types(kind);
        function(kind, type);
        out.append(".byte 0\n.Lover:\n.section .note.GNU-stack,\"\",@progbits\n");
        return out.toString();
    }

    private void abbreviation(int code, int tag, boolean children, int... attributesAndForms) {
        out.append(".uleb128 ").append(code).append(',').append(tag).append("\n.byte ").append(children ? 1 : 0)
                .append('\n');
        for (int value : attributesAndForms) {
            out.append(".uleb128 ").append(value).append('\n');
        }
        out.append(".byte 0,0\n");
    }

    private static String reference(String label) {
        return ".long " + label + "-.Lunit\n";
    }

    /** The label of a type of this kind. */
    private String types(String kind) {
        switch (kind) {
            case "type-cycle" -> out.append(".Lt: .uleb128 3\n").append(reference(".Lu"))
                    .append(".Lu: .uleb128 3\n").append(reference(".Lt"));
            case "struct-cycle" -> out.append(".Lt: .uleb128 4\n.string \"s\"\n.byte 8\n.uleb128 5\n.string \"m\"\n")
                    .append(reference(".Lt")).append(".byte 0\n.byte 0\n");
            case "array-cycle" -> out.append(".Lt: .uleb128 6\n").append(reference(".Lt"))
                    .append(".uleb128 7\n.byte 99\n.byte 0\n");
            case "type-chain" -> {
                for (int i = 0; i < MANY; i++) {
                    out.append(i == 0 ? ".Lt:" : ".Lc" + i + ":").append(" .uleb128 3\n")
                            .append(reference(".Lc" + (i + 1)));
                }
                out.append(".Lc" + MANY + ": .uleb128 3\n").append(reference(".Lint"));
            }
            default -> {
                return ".Lint";
            }
        }
        return ".Lt";
    }

    private void function(String kind, String type) {
        String code = ".quad resting\n.quad .Lend-resting\n";
        if (kind.equals("origin-cycle")) {
            out.append(".Lf: .uleb128 12\n").append(reference(".Lg")).append(code)
                    .append(".Lg: .uleb128 12\n").append(reference(".Lf")).append(code);
            return;
        }
        out.append(".Lf: .uleb128 8\n.string \"resting\"\n").append(code).append(".uleb128 1\n.byte 0x9c\n")
                .append(reference(type));
        int depth = kind.equals("nested-blocks") || kind.equals("inlined-calls") ? MANY : 0;
        for (int i = 0; i < depth; i++) {
            out.append(kind.equals("nested-blocks") ? ".uleb128 10\n" : ".uleb128 11\n" + reference(".Lf"))
                    .append(code);
        }
        out.append(".uleb128 9\n.string \"v\"\n").append(reference(type)).append(".uleb128 2\n.byte 0x91,0\n");
        out.append(".zero ").append(depth + 1).append('\n');
    }
}
