package dev.pulpo.x86.text;

import dev.pulpo.x86.Flow;
import dev.pulpo.x86.text.InstructionTable.Line;
import dev.pulpo.x86.text.Operand.Masked;
import dev.pulpo.x86.text.Operand.Memory;
import java.util.List;
import java.util.Map;

/** Both mnemonics of an instruction, and the prefixes that have a name of their own before it. */
final class Names {
    private static final List<String> REPEATED = List.of("ins", "outs", "movs", "lods", "stos");
    /** By mandatory prefix. */
    private static final List<String> PACKED = List.of("ps", "pd", "ss", "sd");
    /** By immediate (SDM volume 2, CMPPD and VCMPPD). */
    private static final List<String> COMPARISONS = List.of("eq", "lt", "le", "unord", "neq", "nlt", "nle", "ord",
            "eq_uq", "nge", "ngt", "false", "neq_oq", "ge", "gt", "true", "eq_os", "lt_oq", "le_oq", "unord_s",
            "neq_us",
            "nlt_uq", "nle_uq", "ord_s", "eq_us", "nge_uq", "ngt_uq", "false_os", "neq_os", "ge_oq", "gt_oq",
            "true_us");
    /** SDM volume 2, VPCMPD; 3 and 7 have no name. */
    private static final List<String> INTEGER_COMPARISONS = List.of("eq", "lt", "le", "", "neq", "nlt", "nle", "");
    /** AMD volume 6, VPCOMB. */
    private static final List<String> XOP_COMPARISONS = List.of("lt", "le", "gt", "ge", "eq", "neq", "false", "true");
    /** SDM volume 2, PCLMULQDQ. */
    private static final Map<Integer, String> PRODUCTS = Map.of(0, "lqlq", 1, "hqlq", 0x10, "lqhq", 0x11, "hqhq");
    /** AMD volume 3, appendix A, table A-11. */
    private static final Map<Integer, String> NOW3D = Map.ofEntries(Map.entry(0x0c, "pi2fw"), Map.entry(0x0d, "pi2fd"),
            Map.entry(0x1c, "pf2iw"), Map.entry(0x1d, "pf2id"), Map.entry(0x8a, "pfnacc"), Map.entry(0x8e, "pfpnacc"),
            Map.entry(0x90, "pfcmpge"), Map.entry(0x94, "pfmin"), Map.entry(0x96, "pfrcp"), Map.entry(0x97, "pfrsqrt"),
            Map.entry(0x9a, "pfsub"), Map.entry(0x9e, "pfadd"), Map.entry(0xa0, "pfcmpgt"), Map.entry(0xa4, "pfmax"),
            Map.entry(0xa6, "pfrcpit1"), Map.entry(0xa7, "pfrsqit1"), Map.entry(0xaa, "pfsubr"),
            Map.entry(0xae, "pfacc"), Map.entry(0xb0, "pfcmpeq"), Map.entry(0xb4, "pfmul"),
            Map.entry(0xb6, "pfrcpit2"), Map.entry(0xb7, "pmulhrw"), Map.entry(0xbb, "pswapd"),
            Map.entry(0xbf, "pavgusb"));

    private final Fields fields;
    private final Line line;
    private final OperandReader reader;
    private final String att;
    private final String intel;

    Names(Fields fields, Line line, OperandReader reader, long immediate, Flow flow) {
        this.fields = fields;
        this.line = line;
        this.reader = reader;
        String hint = prefixes(flow);
        String alias = alias(immediate);
        String suffix = suffix();
        String size = line.att.contains("%") ? fields.wide() ? "q" : fields.word() ? "w" : "l" : "";
        this.att = named(line.att, alias).replace("*", suffix).replace("%", size) + hint;
        this.intel = named(line.intel, alias);
    }

    String att() {
        return att;
    }

    String intel() {
        return intel;
    }

    /** Prefixes that the instruction gives a meaning to. Returns the hint that AT&amp;T's syntax appends to the name. */
    private String prefixes(Flow flow) {
        if (!line.byPrefix && fields.kind == Fields.Kind.LEGACY) {
            if (REPEATED.contains(line.intel)) {
                fields.rename(0xf3, "rep");
            } else if (isElided()) {
                fields.rename(0xf2, "xacquire");
                fields.rename(0xf3, "xrelease");
            } else if (isNearBranch(flow)) {
                fields.rename(0xf2, "bnd");
            }
        }
        if (line.intel.equals("pause")) {
            fields.use(0xf3);
        }
        if (fields.segment() == 0x3e && line.tags.contains("ind") && line.operands.getFirst().equals("Eq")) {
            fields.rename(0x3e, "notrack");
        }
        return !line.tags.contains("jcc") ? "" : switch (fields.segment()) {
            case 0x2e -> ",pn";
            case 0x3e -> ",pt";
            default -> "";
        };
    }

    /** A prefix of hardware lock elision (SDM volume 1, section 16.3.2). */
    private boolean isElided() {
        return fields.map == InstructionTable.ONE && !fields.isRegister() && (fields.has(0xf0)
                || (fields.opcode & 0xfe) == 0x86 || fields.mandatory == 2 && line.intel.equals("mov")
                        && ((fields.opcode & 0xfe) == 0x88 || (fields.opcode & 0xfe) == 0xc6))
                || fields.map == InstructionTable.X0F && fields.has(0xf0);
    }

    /** A branch that keeps the bounds of MPX. */
    private boolean isNearBranch(Flow flow) {
        return switch (flow) {
            case CALL, JUMP -> true;
            case CONDITIONAL -> line.tags.contains("jcc");
            case INDIRECT_CALL, INDIRECT_JUMP -> line.operands.getFirst().equals("Eq");
            case RETURN -> line.intel.equals("ret");
            case SEQUENTIAL, LOOP, INTERRUPT, HALT -> false;
        };
    }

    private String alias(long immediate) {
        int value = (int) immediate & 0xff;
        if (line.tags.contains("3dnow")) {
            reader.dropImmediate();
            return NOW3D.getOrDefault(value, "");
        }
        List<String> predicates = line.tags.contains("cmp") ? predicates() : List.of();
        String alias = value < predicates.size()
                ? predicates.get(value)
                : line.tags.contains("clmul") ? PRODUCTS.getOrDefault(value, "") : "";
        if (!alias.isEmpty()) {
            reader.dropImmediate();
        }
        return alias;
    }

    private List<String> predicates() {
        if (line.intel.startsWith("vpcom")) {
            return XOP_COMPARISONS;
        }
        return line.intel.startsWith("vpcmp")
                ? INTEGER_COMPARISONS
                : COMPARISONS.subList(0, fields.kind == Fields.Kind.LEGACY ? 8 : COMPARISONS.size());
    }

    /** Replaces the marks in a name, and puts in what the immediate chooses. */
    private String named(String text, String alias) {
        String name = text;
        if (line.tags.contains("3dnow")) {
            return alias;
        }
        if (line.tags.contains("clmul")) {
            return name + (alias.isEmpty() ? "q" : alias) + "dq";
        }
        if (!alias.isEmpty()) {
            int at = name.startsWith("cmp") ? 3 : name.startsWith("vcmp") ? 4 : 5;
            name = name.substring(0, at) + alias + name.substring(at);
        }
        name = name.replace("@", PACKED.get(fields.mandatory));
        if (name.contains("#")) {
            name = name.replace("#", fields.wide() ? "pd" : "ps");
        }
        if (name.contains("$")) {
            name = name.replace("$", fields.wide() ? "sd" : "ss");
        }
        if (name.contains("~")) {
            name = name.replace("~", fields.wide() ? "q" : "d");
        }
        if (name.contains("&")) {
            name = name.replace("&", fields.wide() ? "w" : "b");
        }
        return line.tags.contains("vex") ? "{vex} " + name : name;
    }

    /** The size of the memory operand. */
    private String suffix() {
        for (Operand operand : reader.operands()) {
            Operand inner = operand instanceof Masked masked ? masked.operand() : operand;
            if (inner instanceof Memory memory && memory.copies() == 0) {
                return switch (memory.size()) {
                    case 1 -> "b";
                    case 2 -> "w";
                    case 4 -> "l";
                    case 8 -> "q";
                    case 16 -> "x";
                    case 32 -> "y";
                    case 64 -> "z";
                    default -> "";
                };
            }
        }
        return "";
    }
}
