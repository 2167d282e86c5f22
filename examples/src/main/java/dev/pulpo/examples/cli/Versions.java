package dev.pulpo.examples.cli;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.engine.FunctionVersions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Two versions of a function as text, side by side. Between them stands {@code |} where both have an instruction and it does not
 * do the same, {@code <} where only the old version has it, and {@code >} where only the new one has.
 */
final class Versions {
    private static final int WIDTH = 56;
    /** How many instructions that are the same are shown around others. */
    private static final int AROUND = 3;

    private final FunctionVersions versions;
    private final Map<Long, String> oldTexts;
    private final Map<Long, String> texts;
    private final List<String> lines = new ArrayList<>();
    private Optional<SourceLine> oldLine = Optional.empty();
    private Optional<SourceLine> line = Optional.empty();

    private Versions(FunctionVersions versions) {
        this.versions = versions;
        oldTexts = Disassembly.of(versions.rows().stream().flatMap(row -> row.old().stream()).toList());
        texts = Disassembly.of(versions.rows().stream().flatMap(row -> row.replacement().stream()).toList());
    }

    /** @param all whether long stretches that are the same are shown as well */
    static String text(FunctionVersions versions, boolean all) {
        Versions text = new Versions(versions);
        text.lines.add(columns("old " + versions.old(), ' ', "new " + versions.replacement()));
        text.rows(all);
        return String.join(System.lineSeparator(), text.lines);
    }

    private void rows(boolean all) {
        List<FunctionVersions.Row> rows = versions.rows();
        int left = 0;
        for (int i = 0; i < rows.size(); i++) {
            if (all || isNearDifference(i)) {
                leftOut(left);
                left = 0;
                row(rows.get(i));
            } else {
                left++;
            }
        }
        leftOut(left);
    }

    private boolean isNearDifference(int row) {
        return versions.rows().subList(Math.max(0, row - AROUND), Math.min(versions.rows().size(), row + AROUND + 1))
                .stream().anyMatch(each -> !each.same());
    }

    private void leftOut(int count) {
        if (count > 0) {
            lines.add("  ... " + count + (count == 1 ? " instruction is" : " instructions are") + " the same");
        }
    }

    private void row(FunctionVersions.Row row) {
        Optional<SourceLine> before = row.old().flatMap(FunctionVersions.Instruction::line);
        Optional<SourceLine> after = row.replacement().flatMap(FunctionVersions.Instruction::line);
        boolean moved = before.isPresent() && !before.equals(oldLine) || after.isPresent() && !after.equals(line);
        if (moved) {
            lines.add(columns(before.map(SourceLine::toString).orElse(""), ' ',
                    after.map(SourceLine::toString).orElse("")));
        }
        oldLine = before.or(() -> oldLine);
        line = after.or(() -> line);
        char mark = row.same() ? ' ' : row.old().isEmpty() ? '>' : row.replacement().isEmpty() ? '<' : '|';
        lines.add(columns(row.old().map(each -> instruction(each, oldTexts)).orElse(""), mark,
                row.replacement().map(each -> instruction(each, texts)).orElse("")));
    }

    private static String instruction(FunctionVersions.Instruction instruction, Map<Long, String> texts) {
        return "  " + Long.toHexString(instruction.address().value()) + " "
                + texts.getOrDefault(instruction.address().value(), instruction.bytes())
                + (instruction.uses().isEmpty() ? "" : "  # " + instruction.uses());
    }

    /** What is too wide moves the second column. */
    private static String columns(String before, char mark, String after) {
        String old = CxxNames.in(before);
        String replacement = CxxNames.in(after);
        return (old + " ".repeat(Math.max(0, WIDTH - old.length())) + " " + mark + " " + replacement).stripTrailing();
    }
}
