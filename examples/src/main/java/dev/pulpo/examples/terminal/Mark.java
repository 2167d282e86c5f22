package dev.pulpo.examples.terminal;

/**
 * A control sequence of a terminal (ECMA-48) that this program may write. In a string it is an unpaired surrogate for which
 * {@link dev.pulpo.elf.RawText} has no use, so nobody's name or message can hold one; {@link VisibleWriter} writes the sequence.
 */
public enum Mark {
    RED("\033[1;31m"), GREEN("\033[1;32m"), YELLOW("\033[1;33m"),
    /** The end of a colour. */
    PLAIN("\033[0m"),
    /** To the beginning of the line, which is erased. */
    EMPTY_LINE("\r\033[K");

    private static final char FIRST = 0xdf00;
    private static final Mark[] ALL = values();

    private final String sequence;

    Mark(String sequence) {
        this.sequence = sequence;
    }

    /** A text in this colour. */
    public String around(String text) {
        return this + text + PLAIN;
    }

    /** What stands for the sequence in a string. */
    @Override
    public String toString() {
        return Character.toString(FIRST + ordinal());
    }

    /** The sequence that a code point stands for; empty where it stands for none. */
    static String sequence(int codePoint) {
        int number = codePoint - FIRST;
        return number >= 0 && number < ALL.length ? ALL[number].sequence : "";
    }
}
