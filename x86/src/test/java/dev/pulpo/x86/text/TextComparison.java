package dev.pulpo.x86.text;

import dev.pulpo.x86.CodeAddress;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Compares every instruction that objdump prints with the text of the same bytes here. */
final class TextComparison {
    private static final Set<String> PREFIXES = Set.of("bnd", "notrack", "data16", "addr32", "cs", "ds", "es", "ss",
            "fs",
            "gs", "rep", "repz", "repnz", "lock", "xacquire", "xrelease");
    private static final Pattern SYMBOL = Pattern.compile(" <.*>$");
    private static final int EXAMPLES_OF_A_KIND = 3;

    /** The instructions compared. */
    long instructions;
    /** Those of which objdump or we say that they are none. */
    long bad;
    /** Those that have no name here. */
    long unnamed;
    /** The others that differ. */
    long different;
    /** What differs, by both names, most frequent first when printed. */
    final Map<String, Kind> kinds = new TreeMap<>();

    /** Only instructions at multiples of it are compared. */
    int onlyAt = 1;
    /** What objdump names and no processor executes, such as a locked instruction without memory. */
    long refused;
    /** An {@code fwait} that objdump writes together with the instruction after it. */
    long waits;

    /** The instructions that are encoded with EVEX. */
    long wide;

    private final Syntax syntax;
    private final String option;
    private final Disassembler disassembler = new Disassembler();

    /** Differences of one kind. */
    static final class Kind {
        long count;
        final List<String> examples = new ArrayList<>();
    }

    TextComparison(Syntax syntax) {
        this(syntax, syntax == Syntax.ATT ? "-Mintel64" : "-Mintel,intel64");
    }

    /** For the test of the test: objdump gets another option. */
    TextComparison(Syntax syntax, String option) {
        this.syntax = syntax;
        this.option = option;
    }

    /** A line of objdump. */
    private record Printed(long address, String bytes, String text) {
        static @Nullable Printed parse(String line) {
            String[] columns = line.split("\t", -1);
            if (columns.length < 3 || !columns[0].endsWith(":")) {
                return null;
            }
            return new Printed(Long.parseUnsignedLong(columns[0].substring(0, columns[0].length() - 1).strip(), 16),
                    columns[1].strip(), columns[2].strip());
        }

        boolean isPrefixOnly() {
            for (String word : text.split(" +", -1)) {
                if (!PREFIXES.contains(word) && !word.startsWith("rex")) {
                    return false;
                }
            }
            return true;
        }
    }

    /** Compares at most {@code limit} instructions. Arguments after the options of objdump name the file. */
    void compare(long limit, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("objdump", "-w", "-z", option));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        long end = instructions + limit;
        try (BufferedReader reader = process.inputReader(StandardCharsets.ISO_8859_1)) {
            List<Printed> parts = new ArrayList<>();
            String line;
            while (instructions < end && (line = reader.readLine()) != null) {
                Printed printed = Printed.parse(line);
                if (printed == null) {
                    parts.clear();
                    continue;
                }
                parts.add(printed);
                if (!printed.isPrefixOnly()) {
                    check(parts);
                    parts.clear();
                }
            }
        } finally {
            process.destroy();
        }
    }

    private void check(List<Printed> parts) {
        if (parts.getFirst().address % onlyAt != 0) {
            return;
        }
        instructions++;
        byte[] bytes = HexFormat.of()
                .parseHex(parts.stream().map(p -> p.bytes.replace(" ", "")).collect(Collectors.joining()));
        long address = parts.getFirst().address;
        wide += bytes[0] == 0x62 ? 1 : 0;
        String theirs = normal(parts.stream().map(Printed::text).collect(Collectors.joining(" ")));
        Instruction ours = disassembler.at(bytes, 0, bytes.length, new CodeAddress(address));
        if (ours.flow().isEmpty() && !isBad(theirs)) {
            refused++;
            return;
        }
        if (bytes[0] == (byte) 0x9b && bytes.length > 1) {
            waits++;
            return;
        }
        if (isBad(theirs) || ours.flow().isEmpty()) {
            if (!isBad(theirs) || ours.isNamed()) {
                bad++;
                report("bad", theirs, ours);
            }
            return;
        }
        if (!ours.isNamed()) {
            unnamed++;
            report("unnamed", theirs, ours);
            return;
        }
        String text = normal(ours.text(syntax));
        if (ours.target().isPresent()) {
            theirs = theirs.replace("0x", "");
            text = text.replace("0x", "");
        }
        String pointer = pointer(parts.getLast().text);
        boolean same = text.equals(theirs) && ours.length() == bytes.length && (pointer.isEmpty()
                || ours.pointer().isPresent() && pointer.equals(Long.toHexString(ours.pointer().get().value())));
        if (!same) {
            different++;
            report("differs", theirs, ours);
        }
    }

    private static boolean isBad(String theirs) {
        return theirs.contains("(bad)") || theirs.contains("bad}");
    }

    private void report(String how, String theirs, Instruction ours) {
        String text = ours.text(syntax);
        Kind kind = kinds.computeIfAbsent(how + ": " + theirs.split(" ", -1)[0] + " / " + text.split(" ", -1)[0],
                key -> new Kind());
        kind.count++;
        if (kind.examples.size() < EXAMPLES_OF_A_KIND) {
            kind.examples.add("%s  [%s]  [%s]".formatted(ours.hex(), theirs, normal(text)));
        }
    }

    private static String pointer(String text) {
        int comment = text.indexOf("# ");
        if (comment < 0) {
            return "";
        }
        String number = text.substring(comment + 2).split(" ", -1)[0];
        return number.startsWith("0x") ? number.substring(2) : number;
    }

    private static String normal(String text) {
        int comment = text.indexOf("# ");
        // objdump marks some of the encodings for which there is a shorter one by VEX.
        String rest = (comment < 0 ? text : text.substring(0, comment)).replace("{evex} ", "").strip();
        return SYMBOL.matcher(rest).replaceAll("").replaceAll(" +", " ");
    }

    @Override
    public String toString() {
        return ("%s: %d instructions compared, %d differ; without a name only here: %d, only there: %d; refused by processors: "
                + "%d; fwait: %d").formatted(syntax, instructions, different, unnamed, bad, refused, waits);
    }

    /** The kinds of differences, the most frequent first. */
    String report(int most) {
        return kinds.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue().count, a.getValue().count))
                .limit(most)
                .map(e -> "%8d %s%n%s".formatted(e.getValue().count, e.getKey(), e.getValue().examples.stream()
                        .map(x -> "             " + x + "\n").collect(Collectors.joining())))
                .collect(Collectors.joining());
    }
}
