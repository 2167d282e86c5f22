package dev.pulpo.elf;

import java.util.Locale;

/** {@link RawText} in JSON (RFC 8259), which keeps it exactly, and shows nothing on a terminal that {@link VisibleText} hides. */
public final class JsonText {
    private JsonText() {}

    /**
     * A JSON text with escapes for all characters of its strings that are not to be printed. Control characters become the
     * escapes of themselves; bytes that are no UTF-8 those of their surrogates, which is what other languages take for them
     * (PEP 383; {@code os.fsencode} of Python gives the bytes back).
     *
     * @param json  in which only strings hold characters beyond ASCII, and control characters as {@link RawText} has them
     * @param ascii whether all others beyond ASCII become escapes as well
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
