package dev.pulpo.examples.terminal;

/**
 * A control sequence of a terminal (ECMA-48) that this program may write. A string holds it as an unpaired surrogate that
 * {@link dev.pulpo.elf.RawText} does not use, so no name or message of another program can contain one.
 * {@link VisibleWriter} writes the sequence.
 */
public enum Mark {
    RED('\udf00', "\033[1;31m"), GREEN('\udf01', "\033[1;32m"), YELLOW('\udf02', "\033[1;33m"),
    /** The end of a colour. */
    PLAIN('\udf03', "\033[0m"),
    /** Returns to the beginning of the line and erases it. */
    EMPTY_LINE('\udf04', "\r\033[K");

    private static final Mark[] ALL = values();

    private final char character;
    private final String sequence;

    Mark(char character, String sequence) {
        this.character = character;
        this.sequence = sequence;
    }

    /** A text in this colour. */
    public String around(String text) {
        return this + text + PLAIN;
    }

    /** The character that represents the sequence in a string. */
    @Override
    public String toString() {
        return String.valueOf(character);
    }

    /** The sequence that a code point represents; empty if it represents none. */
    static String sequence(int codePoint) {
        for (Mark mark : ALL) {
            if (mark.character == codePoint) {
                return mark.sequence;
            }
        }
        return "";
    }
}
