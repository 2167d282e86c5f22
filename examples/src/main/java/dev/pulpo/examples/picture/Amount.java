package dev.pulpo.examples.picture;

import java.util.Locale;

/** Times for people: three digits and a unit. */
public final class Amount {
    private static final double MICRO = 1e3;
    private static final double MILLI = 1e6;
    private static final double SECOND = 1e9;

    private Amount() {}

    /** Such as {@code 243 µs} or {@code 1.83 ms}. */
    public static String of(long nanos) {
        return nanos < 999.5 * MICRO
                ? digits(nanos / MICRO) + " µs"
                : nanos < 999.5 * MILLI ? digits(nanos / MILLI) + " ms" : digits(nanos / SECOND) + " s";
    }

    private static String digits(double value) {
        return String.format(Locale.ROOT, value < 9.995 ? "%.2f" : value < 99.95 ? "%.1f" : "%.0f", value);
    }

    /** A number with blanks between thousands. */
    public static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', ' ');
    }
}
