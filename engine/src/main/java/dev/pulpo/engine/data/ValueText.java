package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.Value;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongFunction;
import java.util.stream.Collectors;

/** Values as debuggers write them: in one line if that is short, else each member in a line of its own. */
public final class ValueText {
    private static final int WIDTH = 100;
    /** Fewer equal elements are all written. */
    private static final int REPEATS = 10;
    private static final String INDENT = "  ";
    /** Digits from which on, and zeros after the point from which on, a number has an exponent, as with {@code %.17g}. */
    private static final int DIGITS = 17;
    private static final int ZEROS = 4;

    private final LongFunction<Optional<String>> functions;

    /** @param functions the names of functions, by the remote addresses that pointers to them hold */
    ValueText(LongFunction<Optional<String>> functions) {
        this.functions = functions;
    }

    /**
     * The text of a value.
     *
     * @param before what stands before it in its first line
     */
    public String of(Value value, String before) {
        String line = line(value);
        return before.length() + line.length() <= WIDTH ? before + line : before + lines(value, "");
    }

    private String line(Value value) {
        return switch (value) {
            case Value.Structure structure -> structure.fields().stream()
                    .map(field -> named(field) + line(field.value())).collect(Collectors.joining(", ", "{", "}"));
            case Value.Array array -> elements(array).stream().collect(Collectors.joining(", ", "{", "}"));
            default -> single(value);
        };
    }

    private String lines(Value value, String indent) {
        return switch (value) {
            case Value.Structure structure -> structure.fields().stream()
                    .map(field -> indent + INDENT + field(field, indent + INDENT))
                    .collect(Collectors.joining(",\n", "{\n", "\n" + indent + "}"));
            case Value.Array array -> hasParts(array)
                    ? parts(array).stream()
                            .map(part -> indent + INDENT
                                    + part.with(field(new Value.Field("", part.value()), indent + INDENT)))
                            .collect(Collectors.joining(",\n", "{\n",
                                    more(array, ",\n" + indent + INDENT) + "\n" + indent + "}"))
                    : line(value);
            default -> line(value);
        };
    }

    private String field(Value.Field field, String indent) {
        String name = named(field);
        String line = line(field.value());
        return indent.length() + name.length() + line.length() <= WIDTH
                ? name + line
                : name + lines(field.value(), indent);
    }

    private static String named(Value.Field field) {
        return field.name().isEmpty() ? "" : field.name() + " = ";
    }

    private static boolean hasParts(Value.Array array) {
        return array.elements().stream()
                .anyMatch(element -> element instanceof Value.Structure || element instanceof Value.Array);
    }

    /** Elements that are equal and follow each other. */
    private record Run(Value value, int count) {
        String with(String text) {
            return count == 1 ? text : text + " <repeats " + count + " times>";
        }
    }

    private static List<Run> runs(List<Value> elements) {
        List<Run> runs = new ArrayList<>();
        for (Value element : elements) {
            Run last = runs.isEmpty() ? new Run(element, 0) : runs.getLast();
            if (last.count() > 0 && last.value().equals(element)) {
                runs.set(runs.size() - 1, new Run(element, last.count() + 1));
            } else {
                runs.add(new Run(element, 1));
            }
        }
        return runs;
    }

    private static List<Run> parts(Value.Array array) {
        List<Run> parts = new ArrayList<>();
        for (Run run : runs(array.elements())) {
            for (int i = 0; i < (run.count() < REPEATS ? run.count() : 1); i++) {
                parts.add(run.count() < REPEATS ? new Run(run.value(), 1) : run);
            }
        }
        return parts;
    }

    private List<String> elements(Value.Array array) {
        List<String> texts = new ArrayList<>(parts(array).stream().map(part -> part.with(line(part.value()))).toList());
        String more = more(array, "");
        if (!more.isEmpty()) {
            texts.add(more);
        }
        return texts;
    }

    private static String more(Value.Array array, String before) {
        long left = array.length() - array.elements().size();
        return left == 0 ? "" : before + "... " + left + " more";
    }

    private String single(Value value) {
        return switch (value) {
            case Value.Floating floating -> number(floating);
            case Value.Pointer pointer -> pointer + (pointer.toCode()
                    ? functions.apply(pointer.address()).map(name -> " <" + name + ">").orElse("")
                    : "");
            case Value.Characters characters -> characters.characters().limit() < characters.length()
                    ? characters + " " + (characters.length() - characters.characters().limit()) + " more"
                    : characters.toString();
            default -> value.toString();
        };
    }

    /** As C writes it. */
    private static String number(Value.Floating floating) {
        double number = floating.number();
        if (Double.isNaN(number) || Double.isInfinite(number)) {
            return Double.isNaN(number) ? "nan" : number > 0 ? "inf" : "-inf";
        }
        BigDecimal exact = new BigDecimal(floating.text()).stripTrailingZeros();
        if (exact.signum() == 0) {
            return floating.text().startsWith("-") ? "-0" : "0";
        }
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -ZEROS && exponent < DIGITS) {
            return exact.toPlainString();
        }
        String digits = exact.movePointLeft(exponent).stripTrailingZeros().toPlainString();
        return digits + (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }
}
