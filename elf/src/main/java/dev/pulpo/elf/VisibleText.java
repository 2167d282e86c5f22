package dev.pulpo.elf;

import java.util.Locale;

/**
 * Text that is safe for a line of a terminal or a log. Characters that would move the cursor, begin another line, change
 * the direction of reading or be invisible become escapes: {@code \x1b} for a byte and <code>&#92;u{202e}</code> for a
 * character.
 */
public final class VisibleText {
    private VisibleText() {}

    /** Escapes a text into one line, line feeds included. */
    public static String of(String text) {
        int at = 0;
        while (at < text.length() && text.charAt(at) >= ' ' && text.charAt(at) < 0x7f) {
            at++;
        }
        if (at == text.length()) {
            return text;
        }
        StringBuilder visible = new StringBuilder(text.length() + 16);
        text.codePoints().forEach(point -> {
            if (isVisible(point)) {
                visible.appendCodePoint(point);
            } else {
                visible.append(escape(point));
            }
        });
        return visible.toString();
    }

    /** Whether a character may be shown as it is. */
    public static boolean isVisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            // C0, DEL and C1; marks that change the direction (UAX #9) and other invisible ones; surrogates.
            case Character.CONTROL, Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED ->
                false;
            // Fillers and selectors have the category of letters and marks, and are invisible, too (UAX #44,
            // Default_Ignorable_Code_Point).
            default -> !isIgnorable(codePoint);
        };
    }

    private static boolean isIgnorable(int point) {
        return switch (point) {
            case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x3164, 0xffa0 -> true;
            default -> point >= 0x180b && point <= 0x180f || point >= 0xfe00 && point <= 0xfe0f
                    || point >= 0xe0000 && point <= 0xe0fff;
        };
    }

    /** The escape of a character that may not be shown. */
    public static String escape(int codePoint) {
        if (codePoint < 0x80 || RawText.isByte(codePoint)) {
            return String.format(Locale.ROOT, "\\x%02x", codePoint & 0xff);
        }
        return "\\u{" + Integer.toHexString(codePoint) + "}";
    }
}
