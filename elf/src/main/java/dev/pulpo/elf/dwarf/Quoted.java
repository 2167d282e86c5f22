package dev.pulpo.elf.dwarf;

import java.nio.ByteBuffer;
import java.util.Locale;

/** Writes characters as C does. */
final class Quoted {
    private Quoted() {}

    static String text(ByteBuffer characters) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < characters.limit(); i++) {
            int code = characters.get(i) & 0xff;
            text.append(code == '"' ? "\\\"" : letter(code));
        }
        return text.append('"').toString();
    }

    static String letter(int code) {
        return switch (code) {
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            case '\r' -> "\\r";
            case '\\' -> "\\\\";
            case '\'' -> "'";
            default -> code >= ' ' && code < 0x7f
                    ? Character.toString(code)
                    : String.format(Locale.ROOT, "\\%03o", code & 0xff);
        };
    }

    /** The characters without the NULs at the end. */
    static ByteBuffer withoutNuls(ByteBuffer characters) {
        int end = characters.limit();
        while (end > 0 && characters.get(end - 1) == 0) {
            end--;
        }
        return characters.slice(0, end);
    }
}
