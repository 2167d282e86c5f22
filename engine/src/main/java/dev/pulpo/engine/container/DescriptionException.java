package dev.pulpo.engine.container;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.VisibleText;
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
            // A tab is as wide below as it is above, and what is shown as an escape as wide as that.
            String margin = laidOut(text.substring(from, at)).replaceAll("[^\t]", " ");
            int width = laidOut(text.substring(at, Math.min(Math.min(at + length, text.length()),
                    from + shown.length()))).length();
            return file + ":" + line + ":" + column + ": error: " + message + "\n" + laidOut(shown) + "\n" + margin
                    + "^" + "~".repeat(Math.max(width, Math.min(length, WIDEST)) - 1);
        }

        private static String laidOut(String text) {
            StringBuilder shown = new StringBuilder();
            for (String word : RawText.withTabs(text).splitWithDelimiters("\t", 0)) {
                shown.append(word.equals("\t") ? word : VisibleText.of(word));
            }
            return shown.toString();
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
