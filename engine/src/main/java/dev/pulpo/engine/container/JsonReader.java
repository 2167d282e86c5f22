package dev.pulpo.engine.container;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.RawText;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a JSON text (RFC 8259) into maps, lists, strings, longs, doubles and truth values; {@code null} becomes
 * {@link #NULL}. For files of a known form, so nothing is configurable.
 */
final class JsonReader {
    /** What stands for {@code null}. */
    static final Object NULL = new Object();

    /** Deeper nesting than any file of ours has, and far from the end of the stack. */
    private static final int DEEPEST = 100;
    /** Two characters can make an object of fifty bytes; a symbol is six values. */
    private static final int MOST = 1 << 22;

    private final String text;
    private final String source;
    private int at;
    private int depth;
    private int values;

    private JsonReader(String text, String source) {
        this.text = text;
        this.source = source;
    }

    /**
     * Reads a text that holds one value.
     *
     * @throws MalformedElfException where it does not; the offset counts characters
     */
    static Object read(String text, String source) {
        JsonReader reader = new JsonReader(text, source);
        Object value = reader.value();
        reader.space();
        if (reader.at < text.length()) {
            throw reader.malformed("the end");
        }
        return value;
    }

    private Object value() {
        space();
        ReadLimits.check(source, at, ++values, MOST, "values");
        return switch (peek()) {
            case '{' -> nested(this::object);
            case '[' -> nested(this::array);
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", NULL);
            default -> number();
        };
    }

    private Object nested(java.util.function.Supplier<Object> content) {
        if (++depth > DEEPEST) {
            throw malformed("at most " + DEEPEST + " objects and arrays within each other");
        }
        at++;
        Object value = content.get();
        depth--;
        return value;
    }

    private Map<String, Object> object() {
        Map<String, Object> object = new LinkedHashMap<>();
        for (boolean first = true; !closes('}', first); first = false) {
            space();
            if (peek() != '"') {
                throw malformed("a name in quotes");
            }
            String name = string();
            space();
            expect(':');
            object.put(name, value());
        }
        return object;
    }

    private List<Object> array() {
        List<Object> array = new ArrayList<>();
        for (boolean first = true; !closes(']', first); first = false) {
            array.add(value());
        }
        return array;
    }

    /** Whether the list ends here; else moves over the comma, which comes before all entries but the first. */
    private boolean closes(char end, boolean first) {
        space();
        if (peek() == end) {
            at++;
            return true;
        }
        if (!first) {
            expect(',');
        }
        return false;
    }

    private String string() {
        StringBuilder string = new StringBuilder();
        for (at++; peek() != '"'; at++) {
            char c = peek();
            if (c < ' ') {
                throw malformed("a character of a string, or a quote at its end");
            }
            string.append(c == '\\' ? escaped() : c);
        }
        if (string.codePoints().anyMatch(JsonReader::isHalf)) {
            throw malformed("the other half of a character before the end of the string");
        }
        at++;
        return RawText.asData(string.toString());
    }

    /** Surrogates stand alone for bytes that are no UTF-8 and for nothing else. */
    private static boolean isHalf(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE
                && !RawText.isByte(codePoint);
    }

    private char escaped() {
        at++;
        return switch (peek()) {
            case '"', '\\', '/' -> peek();
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw malformed("an escape");
        };
    }

    private char unicode() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            at++;
            int digit = Character.digit(peek(), 16);
            if (digit < 0) {
                throw malformed("a hexadecimal digit");
            }
            value = value * 16 + digit;
        }
        return (char) value;
    }

    private Object number() {
        int start = at;
        while (at < text.length() && "+-.eE0123456789".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
        String number = text.substring(start, at);
        try {
            return number.matches("-?\\d+") ? (Object) Long.valueOf(number) : (Object) Double.valueOf(number);
        } catch (NumberFormatException e) {
            at = start;
            MalformedElfException malformed = malformed("a value");
            malformed.initCause(e);
            throw malformed;
        }
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw malformed("a value");
        }
        at += word.length();
        return value;
    }

    private void expect(char c) {
        if (peek() != c) {
            throw malformed("'" + c + "'");
        }
        at++;
    }

    private char peek() {
        if (at >= text.length()) {
            throw malformed("more of the value");
        }
        return text.charAt(at);
    }

    private void space() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private MalformedElfException malformed(String expected) {
        String found = at >= text.length() ? "the end" : "character " + Integer.toHexString(text.charAt(at));
        if (at < text.length() && text.charAt(at) > ' ' && text.charAt(at) < 0x7f) {
            found = "'" + text.charAt(at) + "'";
        }
        return new MalformedElfException(source, at, expected, found);
    }
}
