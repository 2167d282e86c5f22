package dev.pulpo.engine.container;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.JsonText;
import dev.pulpo.elf.MalformedElfException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Symbols as JSON, in the form that libpulp's {@code extract} writes:
 *
 * <pre>{@code
 * { "library": { "name": "libfoo.so.0", "buildid": "e8388c50…",
 *     "symbols": [ { "name": "f", "offset": 4432, "size": 71, "st_info": 18, "st_other": 0 }, … ] } }
 * }</pre>
 */
final class SymbolsJson {
    private SymbolsJson() {}

    static ObjectSymbols read(String text, String source) {
        Fields library = new Fields(JsonReader.read(text, source), source, "").object("library");
        String buildId = library.string("buildid").toLowerCase(Locale.ROOT);
        if (!buildId.matches("[0-9a-f]+") || buildId.length() % 2 != 0) {
            throw library.malformed("buildid", "pairs of hexadecimal digits", buildId);
        }
        List<ObjectSymbol> symbols = new ArrayList<>();
        List<?> array = library.array("symbols");
        for (int i = 0; i < array.size(); i++) {
            Fields symbol = new Fields(array.get(i), source, "library.symbols[" + i + "]");
            symbols.add(new ObjectSymbol(symbol.string("name"), symbol.number("offset"), symbol.number("size"),
                    (int) symbol.number("st_info") & 0xff, (int) symbol.number("st_other") & 0xff));
        }
        return new ObjectSymbols(library.string("name"), new BuildId(buildId), symbols);
    }

    static String write(ObjectSymbols object) {
        StringBuilder out = new StringBuilder("{\n  \"library\":{\n    \"name\":").append(quote(object.name()))
                .append(",\n    \"buildid\":").append(quote(object.buildId().hex())).append(",\n    \"symbols\":[");
        String separator = "\n";
        for (ObjectSymbol symbol : object.symbols()) {
            out.append(separator).append("      {\n        \"name\":").append(quote(symbol.name()))
                    .append(",\n        \"offset\":").append(symbol.offset())
                    .append(",\n        \"size\":").append(symbol.size())
                    .append(",\n        \"st_info\":").append(symbol.info())
                    .append(",\n        \"st_other\":").append(symbol.other()).append("\n      }");
            separator = ",\n";
        }
        return out.append("\n    ]\n  }\n}\n").toString();
    }

    private static String quote(String text) {
        return JsonText.escaped("\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"", true);
    }

    /**
     * An object's fields, of which each must be there and of its type.
     *
     * @param path where the object is, for messages
     */
    private record Fields(Map<?, ?> fields, String source, String path) {
        Fields(Object value, String source, String path) {
            this(value instanceof Map<?, ?> map ? map : Map.of(), source, path);
            if (!(value instanceof Map<?, ?>)) {
                throw new MalformedElfException(source, 0, path.isEmpty() ? "an object" : "an object as " + path,
                        describe(value));
            }
        }

        Fields object(String name) {
            return new Fields(value(name, Map.class, "an object"), source, path(name));
        }

        List<?> array(String name) {
            return (List<?>) value(name, List.class, "an array");
        }

        String string(String name) {
            return (String) value(name, String.class, "a string");
        }

        long number(String name) {
            return (Long) value(name, Long.class, "an integer");
        }

        private Object value(String name, Class<?> type, String expected) {
            Object value = fields.get(name);
            if (!type.isInstance(value)) {
                throw malformed(name, expected, describe(value));
            }
            return value;
        }

        MalformedElfException malformed(String name, String expected, String found) {
            return new MalformedElfException(source, 0, expected + " as " + path(name), found);
        }

        private String path(String name) {
            return path.isEmpty() ? name : path + "." + name;
        }

        private static String describe(@Nullable Object value) {
            return value == null ? "nothing" : value instanceof Map<?, ?> ? "an object" : String.valueOf(value);
        }
    }
}
