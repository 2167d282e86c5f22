package dev.pulpo.engine;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A name, or a wildcard for names: {@code *} for any characters, {@code ?} for one, {@code [a-z]} and {@code [!a-z]} for one
 * of these or none of these, <code>{one,other}</code> for either, and a backslash before a literal character. Names are not
 * paths, so a slash is an ordinary character; and they are {@link dev.pulpo.elf.RawText}, whatever the locale.
 */
public final class Wildcard {
    private final String text;
    private final Pattern pattern;

    /** @throws PatternSyntaxException where it is malformed; the message says where */
    public Wildcard(String text) {
        this.text = text;
        pattern = Pattern.compile(new Reader(text).regex(), Pattern.DOTALL);
    }

    /** Whether the wildcard matches a name. */
    public boolean matches(String name) {
        return pattern.matcher(name).matches();
    }

    @Override
    public String toString() {
        return text;
    }

    /** Translates a wildcard into a regular expression. */
    private static final class Reader {
        private final String text;
        private final StringBuilder regex = new StringBuilder();
        private int at;
        private int group = -1;

        Reader(String text) {
            this.text = text;
        }

        String regex() {
            while (at < text.length()) {
                int start = at;
                int point = next("");
                switch (point) {
                    case '*' -> regex.append(".*");
                    case '?' -> regex.append('.');
                    case '[' -> bracket(start);
                    case '{' -> open(start);
                    case '}' -> close();
                    case ',' -> regex.append(group < 0 ? "," : "|");
                    case '\\' -> literal(next("a character after the \\"));
                    default -> literal(point);
                }
            }
            if (group >= 0) {
                throw malformed("a } for this {", group);
            }
            return regex.toString();
        }

        private void open(int start) {
            if (group >= 0) {
                throw malformed("no { within another", start);
            }
            group = start;
            regex.append("(?:");
        }

        private void close() {
            if (group < 0) {
                literal('}');
            } else {
                regex.append(')');
                group = -1;
            }
        }

        private void bracket(int start) {
            regex.append('[');
            if (at < text.length() && text.charAt(at) == '!') {
                at++;
                regex.append('^');
            }
            String missing = "a ] for this [";
            int first = at;
            for (int point = next(missing); point != ']' || at == first + 1; point = next(missing)) {
                boolean isRange = point == '-' && at > first + 1 && at < text.length() && text.charAt(at) != ']';
                if (isRange) {
                    regex.append('-');
                } else {
                    literal(point == '\\' ? next(missing) : point);
                }
            }
            regex.append(']');
            try {
                Pattern.compile(regex.substring(regex.lastIndexOf("[")));
            } catch (PatternSyntaxException e) {
                throw malformed("a range that ascends", start);
            }
        }

        private int next(String missing) {
            if (at >= text.length()) {
                throw malformed(missing, text.length() - 1);
            }
            int point = text.codePointAt(at);
            at += Character.charCount(point);
            return point;
        }

        /** A backslash gives letters and digits a meaning, and takes it from all other characters. */
        private void literal(int point) {
            if (point < 0x80 && !Character.isLetterOrDigit(point)) {
                regex.append('\\');
            }
            regex.appendCodePoint(point);
        }

        private PatternSyntaxException malformed(String expected, int index) {
            return new PatternSyntaxException("a wildcard is not well-formed: expected " + expected, text, index);
        }
    }
}
