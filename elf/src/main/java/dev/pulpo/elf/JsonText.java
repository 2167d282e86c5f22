package dev.pulpo.elf;

import java.util.Locale;

/**
 * {@link RawText} in JSON (RFC 8259): lossless, and without the characters that {@link VisibleText} hides from a
 * terminal.
 */
public final class JsonText {
    private JsonText() {}

    /**
     * Escapes the unprintable characters in the strings of a JSON text. A control character becomes its own escape. A
     * byte that is not UTF-8 becomes the escape of its surrogate, as in other languages (PEP 383; {@code os.fsencode} of
     * Python restores the bytes).
     *
     * @param json  a JSON text whose strings alone hold characters beyond ASCII, with control characters as in
     *              {@link RawText}
     * @param ascii whether to escape all other characters beyond ASCII, too
     */
    public static String escaped(String json, boolean ascii) {
        StringBuilder text = new StringBuilder(json.length());
        json.codePoints().forEach(point -> {
            if (point >= ' ' && point < 0x7f || point == '\n') {
                text.append((char) point);
            } else if (RawText.isByte(point) && RawText.byteOf(point) < 0x80) {
                text.append(escape((char) RawText.byteOf(point)));
            } else if (!ascii && VisibleText.isVisible(point)) {
                text.appendCodePoint(point);
            } else {
                for (char unit : Character.toChars(point)) {
                    text.append(escape(unit));
                }
            }
        });
        return text.toString();
    }

    private static String escape(char unit) {
        return String.format(Locale.ROOT, "\\u%04x", (int) unit);
    }
}
