package dev.pulpo.engine.container;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.Description.Word;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads descriptions, line by line: {@code !comment} anywhere, then the container's path, {@code *path} of patches that
 * this one depends on, {@code @path} of the target, and any number of {@code old:new}, {@code #variable:reference} and
 * {@code #%variable:reference}, the last two also with {@code :offset:offset} in hexadecimal. Looks nothing up.
 */
final class DescriptionParser {
    /** Before the line feed, in files of other systems. */
    private static final String CARRIAGE_RETURN = RawText.asData("\r");

    private final List<String> lines;
    private final DescriptionProblems problems;
    private final StringBuilder comment = new StringBuilder();
    private final List<Word> dependencies = new ArrayList<>();
    private final List<Description.Functions> functions = new ArrayList<>();
    private final List<Description.Reference> references = new ArrayList<>();
    private final List<Word> containers = new ArrayList<>();
    private final List<Word> targets = new ArrayList<>();
    /** Whether it was said that there is none where one was needed; once is enough. */
    private boolean targetMissed;

    private DescriptionParser(List<String> lines, DescriptionProblems problems) {
        this.lines = lines;
        this.problems = problems;
    }

    /** The lines of a text without their ends. What follows the last line end is a line unless it is empty. */
    static List<String> lines(String text) {
        List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
        if (lines.getLast().isEmpty()) {
            lines.removeLast();
        }
        return List.copyOf(lines);
    }

    /**
     * Reads a description.
     *
     * @param text     all of it
     * @param problems of the same lines
     * @throws DescriptionException where a line is not as it should be
     */
    static Description parse(String text, DescriptionProblems problems) throws DescriptionException {
        DescriptionParser parser = new DescriptionParser(lines(text), problems);
        parser.run(text.endsWith("\n"));
        problems.throwIfAny();
        return new Description(parser.containers.getFirst(), parser.dependencies, parser.targets.getFirst(),
                parser.functions, parser.references, parser.comment.toString());
    }

    private void run(boolean endsWithLineEnd) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            boolean ended = i < lines.size() - 1 || endsWithLineEnd;
            if (line.startsWith("!")) {
                comment.append(line, 1, line.length()).append(ended ? "\n" : "");
            } else {
                line(line.endsWith(CARRIAGE_RETURN) ? line.substring(0, line.length() - 1) : line, i + 1);
            }
        }
        int end = Math.max(1, lines.size());
        if (containers.isEmpty()) {
            problems.add(end, 1, 1, "the description is empty: expected the path of the patch's shared object");
        } else if (targets.isEmpty() && !targetMissed) {
            problems.add(end, 1, 1, "expected a line @path with the path of the target");
        }
    }

    private void line(String text, int number) {
        if (text.isEmpty()) {
            return;
        }
        if (containers.isEmpty()) {
            container(text, number);
            return;
        }
        switch (text.charAt(0)) {
            case '*' -> dependency(text, number);
            case '@' -> target(text, number);
            case '#' -> reference(text, number);
            default -> functions(text, number);
        }
    }

    private void container(String text, int number) {
        containers.add(new Word(text, number, 1));
        if ("*@#".indexOf(text.charAt(0)) >= 0) {
            problems.add(number, 1, text.length(),
                    "expected the path of the patch's shared object as the first line");
        }
    }

    private void dependency(String text, int number) {
        Word path = new Word(text.substring(1), number, 2);
        if (!targets.isEmpty()) {
            problems.add(number, 1, 1, "dependencies come before the target");
        } else if (isThere(path, "the path of a patch that this one depends on")) {
            dependencies.add(path);
        }
    }

    private void target(String text, int number) {
        Word path = new Word(text.substring(1), number, 2);
        if (!targets.isEmpty()) {
            problems.add(number, 1, text.length(), "a second target; the first is in line "
                    + targets.getFirst().line() + ", and a patch has one");
        }
        isThere(path, "the path of the target");
        targets.add(path);
    }

    private void functions(String text, int number) {
        List<Word> words = words(text, 0, number);
        requireTarget(number);
        if (isThere(words.getFirst(), "a function of the target before the ':'")
                && isCount(words, 2, "':' and the function of the patch that replaces it")
                && isThere(words.get(1), "a function of the patch behind the ':'")) {
            functions.add(new Description.Functions(words.get(0), words.get(1)));
        }
    }

    private void reference(String text, int number) {
        boolean threadLocal = text.startsWith("#%");
        List<Word> words = words(text, threadLocal ? 2 : 1, number);
        requireTarget(number);
        if (!isThere(words.getFirst(), "a variable of the target")
                || !isCount(words, words.size() > 2 ? 4 : 2, words.size() > 2
                        ? "':' and the offset of the reference in the patch"
                        : "':' and the variable of the patch that refers to it")
                || !isThere(words.get(1), "a variable of the patch behind the ':'")) {
            return;
        }
        long targetOffset = words.size() > 2 ? offset(words.get(2)) : 0;
        long patchOffset = words.size() > 2 ? offset(words.get(3)) : 0;
        references.add(new Description.Reference(words.get(0), words.get(1), targetOffset, patchOffset, threadLocal));
    }

    /** A hexadecimal number, with or without {@code 0x}. */
    private long offset(Word word) {
        String digits = word.text().replaceFirst("^0[xX]", "");
        if (!digits.matches("0*[0-9a-fA-F]{1,16}")) {
            problems.add(word, "expected a hexadecimal offset, and 0 where it is to be found by name");
            return 0;
        }
        return Long.parseUnsignedLong(digits.substring(Math.max(0, digits.length() - 16)), 16);
    }

    private static List<Word> words(String text, int from, int number) {
        List<Word> words = new ArrayList<>();
        int start = from;
        for (int colon = text.indexOf(':', start); colon >= 0; colon = text.indexOf(':', start)) {
            words.add(new Word(text.substring(start, colon), number, start + 1));
            start = colon + 1;
        }
        words.add(new Word(text.substring(start), number, start + 1));
        return words;
    }

    private void requireTarget(int number) {
        if (targets.isEmpty() && !targetMissed) {
            problems.add(number, 1, lines.get(number - 1).length(),
                    "expected a line @path with the path of the target before this one");
            targetMissed = true;
        }
    }

    private boolean isThere(Word word, String what) {
        if (word.text().isEmpty()) {
            problems.add(word, "expected " + what);
        }
        return !word.text().isEmpty();
    }

    private boolean isCount(List<Word> words, int count, String missing) {
        if (words.size() < count) {
            Word last = words.getLast();
            problems.add(last.line(), last.column() + last.text().length(), 1, "expected " + missing);
        } else if (words.size() > count) {
            Word extra = words.get(count);
            problems.add(extra.line(), extra.column() - 1, 1 + extra.text().length(), "expected the end of the line");
        }
        return words.size() == count;
    }
}
