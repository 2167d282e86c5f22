package dev.pulpo.x86.text;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code instructions.txt}, which begins with a description of its lines, by opcode. */
final class InstructionTable {
    static final int ONE = 0;
    static final int X0F = 1;
    static final int X38 = 2;
    static final int X3A = 3;
    static final int VEX_0F = 4;
    static final int EVEX_0F = 7;
    static final int EVEX_5 = 10;
    static final int XOP_8 = 12;

    private static final List<String> MAPS = List.of("one", "0f", "38", "3a", "vex 0f", "vex 38", "vex 3a", "evex 0f",
            "evex 38", "evex 3a", "evex 5", "evex 6", "xop 8", "xop 9", "xop a");
    private static final List<String> PREFIXES = List.of("np", "66", "f3", "f2");
    private static final Pattern CHOICE = Pattern.compile("\\{([^}]*)}");
    private static final InstructionTable INSTANCE = new InstructionTable();

    private final List<List<Line>> lines = new ArrayList<>();

    private InstructionTable() {
        for (int i = 0; i < MAPS.size() << 8; i++) {
            lines.add(new ArrayList<>());
        }
        try (InputStream in = InstructionTable.class.getResourceAsStream("instructions.txt")) {
            if (in == null) {
                throw new IllegalStateException("instructions.txt is not next to " + InstructionTable.class);
            }
            int map = 0;
            for (String line : new String(in.readAllBytes(), StandardCharsets.US_ASCII).split("\n", -1)) {
                if (line.startsWith("== ")) {
                    map = MAPS.indexOf(line.substring(3));
                } else if (!line.isEmpty() && line.charAt(0) != '#') {
                    read(map, line);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The first line whose conditions hold; null if there is none. */
    static @Nullable Line find(Fields fields) {
        if (fields.map < 0) {
            return null;
        }
        for (Line line : INSTANCE.lines.get(fields.map << 8 | fields.opcode)) {
            if (line.holds(fields)) {
                return line;
            }
        }
        return null;
    }

    private void read(int map, String text) {
        String[] columns = text.split("\\|", -1);
        List<Integer> opcodes = numbers(words(columns[0]), 0);
        List<String> conditions = words(columns[1]);
        List<Integer> regs = numbers(conditions.stream().filter(c -> c.startsWith("/")).toList(), 1);
        List<Integer> modRms = numbers(conditions.stream().filter(c -> c.startsWith("=")).toList(), 1);
        List<String> tags = columns.length > 4 ? words(columns[4]) : List.of();
        boolean byReg = !regs.isEmpty() && opcodes.size() == 1;
        boolean byModRm = !modRms.isEmpty() && opcodes.size() == 1;
        int variants = byReg ? regs.size() : byModRm ? modRms.size() : 1;
        for (int i = 0; i < opcodes.size() * variants; i++) {
            int number = i;
            List<Integer> reg = byReg ? List.of(regs.get(i)) : regs;
            List<Integer> modRm = byModRm ? List.of(modRms.get(i)) : modRms;
            lines.get(map << 8 | opcodes.get(i / variants)).add(new Line(conditions, reg, modRm,
                    choose(columns[2].strip(), number),
                    words(columns[3]).stream().map(o -> choose(o, number)).toList(), tags));
        }
    }

    private static List<String> words(String column) {
        return column.isBlank() ? List.of() : Arrays.asList(column.strip().split(" +", -1));
    }

    private static List<Integer> numbers(List<String> ranges, int from) {
        List<Integer> numbers = new ArrayList<>();
        for (String range : ranges) {
            int dash = range.indexOf('-');
            int first = Integer.parseInt(range.substring(from, dash < 0 ? range.length() : dash), 16);
            int last = dash < 0 ? first : Integer.parseInt(range.substring(dash + 1), 16);
            for (int i = first; i <= last; i++) {
                numbers.add(i);
            }
        }
        return numbers;
    }

    private static String choose(String text, int number) {
        Matcher matcher = CHOICE.matcher(text);
        return matcher.replaceAll(m -> m.group(1).split(",", -1)[number]);
    }

    /** A line for one opcode. */
    static final class Line {
        /** AT&amp;T's name with the marks that {@code instructions.txt} explains. */
        final String att;
        final String intel;
        final List<String> operands;
        final List<String> tags;
        /** Whether the mandatory prefix selects it. */
        final boolean byPrefix;

        private final boolean[] prefixes = new boolean[PREFIXES.size()];
        private final List<String> conditions;
        private final List<Integer> regs;
        private final List<Integer> modRms;
        private final boolean byLength;
        private final boolean[] lengths;

        Line(List<String> conditions, List<Integer> regs, List<Integer> modRms, String name, List<String> operands,
                List<String> tags) {
            byPrefix = conditions.stream().anyMatch(PREFIXES::contains) || name.contains("@");
            boolean any = conditions.stream().noneMatch(PREFIXES::contains);
            for (int i = 0; i < prefixes.length; i++) {
                prefixes[i] = any || conditions.contains(PREFIXES.get(i));
            }
            this.conditions = conditions.stream().filter(c -> !PREFIXES.contains(c) && !c.startsWith("L")
                    && !c.startsWith("/") && !c.startsWith("=")).toList();
            this.byLength = conditions.stream().anyMatch(c -> c.startsWith("L"));
            this.lengths = new boolean[]{conditions.contains("L0"), conditions.contains("L1"),
                    conditions.contains("L2"), false};
            this.regs = regs;
            this.modRms = modRms;
            int slash = name.indexOf('/');
            this.att = slash < 0 ? name : name.substring(0, slash);
            this.intel = slash < 0 ? name.replaceAll("[*%]", "") : name.substring(slash + 1);
            this.operands = operands;
            this.tags = tags;
        }

        boolean holds(Fields f) {
            if (!prefixes[f.mandatory] || byLength && !lengths[f.vectorLength]
                    || !regs.isEmpty() && !regs.contains(f.reg())
                    || !modRms.isEmpty() && !modRms.contains(f.modRm)) {
                return false;
            }
            // A precision that the prefix states is stated by EVEX.W, too (SDM volume 2, section 2.7.11).
            boolean holds = f.kind != Fields.Kind.EVEX || !att.contains("@")
                    || (f.rex & Fields.W) != 0 == ((f.mandatory & 1) != 0);
            for (String condition : conditions) {
                holds &= switch (condition) {
                    case "mem" -> !f.isRegister();
                    case "reg" -> f.isRegister();
                    case "W0" -> (f.rex & Fields.W) == 0;
                    case "W1" -> (f.rex & Fields.W) != 0;
                    case "o16" -> f.has(0x66) && (f.rex & Fields.W) == 0;
                    case "a32" -> f.has(0x67);
                    case "nop" -> (f.rex & Fields.B) == 0 && (f.mandatory == 2 || !f.has(0x66));
                    default -> throw new IllegalStateException("no condition is called " + condition);
                };
            }
            if (holds) {
                use(f);
            }
            return holds;
        }

        private void use(Fields f) {
            if (byPrefix && f.mandatory != 0) {
                f.use(f.mandatory == 1 ? 0x66 : f.mandatory == 2 ? 0xf3 : 0xf2);
            }
            for (String condition : conditions) {
                switch (condition) {
                    case "W1" -> f.rex(Fields.W);
                    case "o16" -> f.use(0x66);
                    case "a32" -> {
                        if (!att.startsWith("mov")) { // There, the prefix is written.
                            f.use(0x67);
                        }
                    }
                    default -> {
                        // The others look at no prefix.
                    }
                }
            }
        }
    }
}
