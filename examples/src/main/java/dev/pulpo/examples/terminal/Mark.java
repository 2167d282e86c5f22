package dev.pulpo.examples.terminal;

/**
 * A control sequence of a terminal (ECMA-48) that this program may write. In a string it is an unpaired surrogate for which
 * {@link dev.pulpo.elf.RawText} has no use, so nobody's name or message can hold one; {@link VisibleWriter} writes the sequence.
 */
public enum Mark {
    RED('\udf00', "\033[1;31m"), GREEN('\udf01', "\033[1;32m"), YELLOW('\udf02', "\033[1;33m"),
    /** The end of a colour. */
    PLAIN('\udf03', "\033[0m"),
    /** To the beginning of the line, which is erased. */
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

    /** What stands for the sequence in a string. */
    @Override
    public String toString() {
        return String.valueOf(character);
    }

    /** The sequence that a code point stands for; empty where it stands for none. */
    static String sequence(int codePoint) {
        for (Mark mark : ALL) {
            if (mark.character == codePoint) {
                return mark.sequence;
            }
        }
        return "";
    }
}
