package dev.pulpo.engine.container;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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

    /** Names are those of whoever wrote the file, so none is kept for other files. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST)
                    .maxStringLength(Integer.MAX_VALUE).maxNameLength(Integer.MAX_VALUE).build())
            .build();

    private final JsonParser parser;
    private final String text;
    private final String source;
    private int values;

    private JsonReader(JsonParser parser, String text, String source) {
        this.parser = parser;
        this.text = text;
        this.source = source;
    }

    /**
     * Reads a text that holds one value.
     *
     * @throws MalformedElfException where it does not; the offset counts characters
     */
    static Object read(String text, String source) {
        try (JsonParser parser = FACTORY.createParser(text)) {
            return new JsonReader(parser, text, source).read();
        } catch (IOException impossible) {
            throw new UncheckedIOException("a string is read", impossible);
        }
    }

    private Object read() throws IOException {
        try {
            Object value = value(parser.nextToken());
            if (parser.nextToken() != null) {
                throw malformed("the end");
            }
            return value;
        } catch (JsonProcessingException e) {
            boolean placed = e.getLocation() != null;
            MalformedElfException malformed = malformed(placed
                    ? "JSON"
                    : "numbers of at most " + StreamReadConstraints.DEFAULT_MAX_NUM_LEN + " digits, and at most "
                            + DEEPEST
                            + " objects and arrays within each other",
                    placed ? e.getLocation().getCharOffset() : parser.currentLocation().getCharOffset());
            malformed.initCause(e);
            throw malformed;
        }
    }

    private Object value(@Nullable JsonToken token) throws IOException {
        ReadLimits.check(source, parser.currentTokenLocation().getCharOffset(), ++values, MOST, "values");
        return switch (token) {
            case START_OBJECT -> object();
            case START_ARRAY -> array();
            case VALUE_STRING -> string();
            case VALUE_NUMBER_INT -> number();
            case VALUE_NUMBER_FLOAT -> parser.getDoubleValue();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> NULL;
            case null, default -> throw malformed("a value");
        };
    }

    private Map<String, Object> object() throws IOException {
        Map<String, Object> object = new LinkedHashMap<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            String name = string();
            if (object.containsKey(name)) {
                throw malformed("each name once in an object");
            }
            object.put(name, value(parser.nextToken()));
        }
        return object;
    }

    private List<Object> array() throws IOException {
        List<Object> array = new ArrayList<>();
        for (JsonToken token = parser.nextToken(); token != JsonToken.END_ARRAY; token = parser.nextToken()) {
            array.add(value(token));
        }
        return array;
    }

    private String string() throws IOException {
        String string = parser.getText();
        if (string.codePoints().anyMatch(JsonReader::isHalf)) {
            throw malformed("both halves of each character");
        }
        return RawText.asData(string);
    }

    /** Surrogates stand alone for bytes that are no UTF-8 and for nothing else. */
    private static boolean isHalf(int codePoint) {
        return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE
                && !RawText.isByte(codePoint);
    }

    private Object number() throws IOException {
        return switch (parser.getNumberType()) {
            case INT, LONG -> parser.getLongValue();
            default -> throw malformed("a number of 64 bits");
        };
    }

    private MalformedElfException malformed(String expected) {
        return malformed(expected, parser.currentTokenLocation().getCharOffset());
    }

    private MalformedElfException malformed(String expected, long offset) {
        int at = Math.clamp(offset, 0, text.length());
        String found = at == text.length() ? "the end" : "character " + Integer.toHexString(text.charAt(at));
        if (at < text.length() && text.charAt(at) > ' ' && text.charAt(at) < 0x7f) {
            found = "'" + text.charAt(at) + "'";
        }
        return new MalformedElfException(source, at, expected, found);
    }
}
