package dev.pulpo.examples.picture;

import dev.pulpo.elf.VisibleText;

/** Names of processes, threads and functions are data of others: before they come into a document, they are made harmless. */
final class Markup {
    /** Names in ELF files may be as long as the files. */
    private static final int MOST_CHARACTERS = 300;

    private Markup() {}

    /** A name in one line, without characters that hide or move others, and not endless. */
    static String shown(String name) {
        int end = name.length();
        if (end > MOST_CHARACTERS) {
            end = name.offsetByCodePoints(0, Math.min(MOST_CHARACTERS, name.codePointCount(0, name.length())));
        }
        return VisibleText.of(name.substring(0, end)) + (end < name.length() ? "…" : "");
    }

    /** A text as the content of an element, or as a value in quotes, of XML or HTML. */
    static String escaped(String text) {
        return harmless(shown(text));
    }

    /** A text of this program's own, of any length, as the content of an element. */
    static String own(String text) {
        return harmless(VisibleText.of(text));
    }

    private static String harmless(String visible) {
        StringBuilder safe = new StringBuilder(visible.length() + 16);
        visible.chars().forEach(c -> {
            switch (c) {
                case '&' -> safe.append("&amp;");
                case '<' -> safe.append("&lt;");
                case '>' -> safe.append("&gt;");
                case '"' -> safe.append("&quot;");
                case '\'' -> safe.append("&#39;");
                default -> safe.append((char) c);
            }
        });
        return safe.toString();
    }
}
