package dev.pulpo.engine.container;

import java.util.List;
import java.util.stream.Collectors;

/** A description that is not as it should be. Its message shows each place as a compiler does. */
public final class DescriptionException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient List<Problem> problems;

    /**
     * One thing that is wrong.
     *
     * @param file    the description, as the user named it
     * @param line    from 1
     * @param column  from 1
     * @param length  how many characters are meant; at least 1
     * @param text    the line
     * @param message what is wrong, and what would be right
     */
    public record Problem(String file, int line, int column, int length, String text, String message) {
        private static final int WIDEST = 400;

        /** {@code file:line:column: error: message}, the line or what of it is near, and a caret below the place. */
        @Override
        public String toString() {
            int at = Math.min(column - 1, text.length());
            int from = at < WIDEST ? 0 : at - WIDEST / 2;
            String shown = text.substring(from, Math.min(text.length(), from + WIDEST));
            // A tab is as wide below as it is above.
            String margin = text.substring(from, at).replaceAll("[^\t]", " ");
            return file + ":" + line + ":" + column + ": error: " + message + "\n" + shown + "\n" + margin + "^"
                    + "~".repeat(Math.min(length, Math.max(1, shown.length() - margin.length())) - 1);
        }
    }

    DescriptionException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    /** Everything that is wrong, in the order of the lines; at least one. */
    public List<Problem> problems() {
        return problems;
    }
}
