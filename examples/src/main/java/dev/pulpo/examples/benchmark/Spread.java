package dev.pulpo.examples.benchmark;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * What repeated measurements of one cost have come to: in nanoseconds, or as a number of things.
 *
 * @param count how many measurements there were
 */
record Spread(double least, double median, double most, int count) {
    static Spread of(List<Double> values) {
        List<Double> sorted = values.stream().sorted().toList();
        return new Spread(sorted.getFirst(), sorted.get(sorted.size() / 2), sorted.getLast(), sorted.size());
    }

    static <T> Spread of(List<T> values, Function<T, Duration> time) {
        return of(values.stream().map(value -> (double) time.apply(value).toNanos()).toList());
    }

    static Spread once(double value) {
        return new Spread(value, value, value, 1);
    }

    /** How far the measurements lie apart, as a share of the median. */
    double width() {
        return median == 0 ? 0 : (most - least) / median;
    }

    /** The median and, in parentheses, the least. */
    String text(Unit unit) {
        return number(median, unit) + " (" + number(least, unit) + ")";
    }

    private static String number(double value, Unit unit) {
        return switch (unit) {
            case TIME -> Long.toString((long) value / 1000);
            case CALL -> String.format(Locale.ROOT, "%.3f", value);
            case COUNT -> Long.toString((long) value);
        };
    }

    /** What the numbers are. */
    enum Unit {
        /** Nanoseconds, which people are told in microseconds and longer units. */
        TIME("microseconds"),
        /** Nanoseconds of a function call. */
        CALL("nanoseconds"),
        /** A number of things. */
        COUNT("times");

        private final String words;

        Unit(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }
}
