package dev.pulpo.examples.picture;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A scale of times.
 *
 * @param from  the time at its left end, in nanoseconds
 * @param to    the time at its right end
 * @param x     where it begins
 * @param width how long it is
 */
record Axis(long from, long to, double x, double width) {
    private static final int MOST_TICKS = 9;

    /** A mark on the scale. */
    record Tick(double x, String text) {}

    Axis {
        to = Math.max(to, from + 1);
    }

    double at(long time) {
        return x + width * (time - from) / (to - from);
    }

    /** Marks at round times since the left end, with a unit at each. */
    List<Tick> ticks() {
        long span = to - from;
        long step = 1;
        for (int i = 0; span / step > MOST_TICKS; i++) {
            step = i % 3 == 1 ? step / 2 * 5 : step * 2;
        }
        long unit = step >= 1_000_000_000 ? 1_000_000_000 : step >= 1_000_000 ? 1_000_000 : step >= 1_000 ? 1_000 : 1;
        if (unit == 1_000 && span >= 10_000_000) {
            unit = 1_000_000;
        }
        String name = unit == 1 ? "ns" : unit == 1_000 ? "µs" : unit == 1_000_000 ? "ms" : "s";
        List<Tick> ticks = new ArrayList<>();
        for (long time = 0; time <= span; time += step) {
            String number = time % unit == 0
                    ? Long.toString(time / unit)
                    : String.format(Locale.ROOT, "%.1f", (double) time / unit);
            ticks.add(new Tick(at(from + time), number + " " + name));
        }
        return ticks;
    }
}
