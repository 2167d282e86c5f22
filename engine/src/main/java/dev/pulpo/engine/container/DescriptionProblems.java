package dev.pulpo.engine.container;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Collects what is wrong with one description, so that the user sees all of it at once. */
final class DescriptionProblems {
    /** More of them nobody reads. */
    private static final int MOST = 100;

    private final String file;
    private final List<String> lines;
    private final List<DescriptionException.Problem> problems = new ArrayList<>();

    DescriptionProblems(String file, List<String> lines) {
        this.file = file;
        this.lines = lines;
    }

    /** @param line from 1, or behind the last one */
    void add(int line, int column, int length, String message) {
        if (problems.size() == MOST) {
            return;
        }
        String text = line <= lines.size() ? lines.get(line - 1) : "";
        problems.add(new DescriptionException.Problem(file, line, column,
                Math.max(1, Math.min(length, text.length() - column + 1)), text, message));
    }

    void add(Description.Word word, String message) {
        add(word.line(), word.column(), word.text().length(), message);
    }

    void throwIfAny() throws DescriptionException {
        if (!problems.isEmpty()) {
            problems.sort(Comparator.comparingInt(DescriptionException.Problem::line)
                    .thenComparingInt(DescriptionException.Problem::column));
            throw new DescriptionException(problems);
        }
    }
}
