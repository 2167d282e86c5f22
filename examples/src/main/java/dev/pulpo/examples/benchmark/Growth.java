package dev.pulpo.examples.benchmark;

import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.function.DoubleUnaryOperator;

/**
 * How a cost grows with the size of its problem: {@code constant + factor * size^exponent}, fitted to the least of the measured
 * times by least squares of relative errors. The exponent is 1 unless another one fits better by more than noise.
 *
 * @param points      what was measured, by ascending size
 * @param slope       between the last two sizes, on logarithmic scales
 * @param isLogLinear whether {@code constant + factor * size * log(size)} would fit within noise
 */
record Growth(List<Grid.Point> points, double constant, double factor, double exponent, double slope,
        boolean isLogLinear) {
    static final int LEAST_POINTS = 3;

    private static final double STEP = 0.05;
    private static final double HIGHEST = 3;
    /** A cost that grows less than this over all sizes is taken for constant. */
    private static final double HARDLY = 1.5;
    /** What noise may add to an exponent. */
    private static final double TOLERANCE = 0.1;
    /** The mean relative error of a formula that is good enough. */
    private static final double NOISE = 0.15;

    Growth {
        points = List.copyOf(points);
    }

    /** How a cost grows, in words. */
    enum Verdict {
        CONSTANT("hardly"), SUBLINEAR("less than n"), LINEAR("as n, or n log n"), WORSE("worse than n log n");

        private final String words;

        Verdict(String words) {
            this.words = words;
        }

        String words() {
            return words;
        }
    }

    /** The constant and the factor that fit best with one kind of growth, and their mean relative error. */
    private record Fit(double constant, double factor, double exponent, double error) {
        static Fit of(List<Grid.Point> points, double exponent) {
            return of(points, exponent, size -> Math.pow(size, exponent));
        }

        static Fit of(List<Grid.Point> points, double exponent, DoubleUnaryOperator growth) {
            // Each equation constant + factor * growth(size) = time is divided by the time.
            double aa = 0;
            double ab = 0;
            double bb = 0;
            double a = 0;
            double b = 0;
            for (Grid.Point point : points) {
                double one = 1 / time(point);
                double power = growth.applyAsDouble(point.size()) / time(point);
                aa += one * one;
                ab += one * power;
                bb += power * power;
                a += one;
                b += power;
            }
            double determinant = aa * bb - ab * ab;
            double constant = (a * bb - b * ab) / determinant;
            double factor = (b * aa - a * ab) / determinant;
            if (!(factor >= 0)) {
                return of(points, a / aa, 0, exponent, growth);
            }
            return constant >= 0
                    ? of(points, constant, factor, exponent, growth)
                    : of(points, 0, b / bb, exponent, growth);
        }

        private static Fit of(List<Grid.Point> points, double constant, double factor, double exponent,
                DoubleUnaryOperator growth) {
            double squares = points.stream().mapToDouble(point -> Math.pow(
                    (constant + factor * growth.applyAsDouble(point.size())) / time(point) - 1, 2)).sum();
            return new Fit(constant, factor, exponent, Math.sqrt(squares / points.size()));
        }
    }

    private static double time(Grid.Point point) {
        // Nothing takes no time at all.
        return Math.max(point.value().least(), 1);
    }

    /** Fits what was measured at three sizes or more. */
    static Optional<Growth> of(List<Grid.Point> points) {
        if (points.size() < LEAST_POINTS) {
            return Optional.empty();
        }
        Fit best = Fit.of(points, 1);
        if (best.error > NOISE) {
            for (double exponent = STEP; exponent <= HIGHEST; exponent += STEP) {
                Fit fit = Fit.of(points, exponent);
                best = fit.error < best.error ? fit : best;
            }
        }
        Grid.Point before = points.get(points.size() - 2);
        double slope = Math.log(time(points.getLast()) / time(before))
                / Math.log((double) points.getLast().size() / before.size());
        return Optional.of(new Growth(points, best.constant, best.factor, best.exponent, slope,
                Fit.of(points, 1, size -> size * Math.log1p(size)).error <= NOISE));
    }

    Verdict verdict() {
        double growth = time(points.getLast()) / time(points.getFirst());
        if (growth < HARDLY) {
            return Verdict.CONSTANT;
        }
        if (!isLogLinear && exponent > logarithmic() + TOLERANCE && slope > 1) {
            return Verdict.WORSE;
        }
        return exponent < 1 - 2 * TOLERANCE ? Verdict.SUBLINEAR : Verdict.LINEAR;
    }

    /** The slope of n log n over the last decade of sizes, on logarithmic scales. */
    private double logarithmic() {
        double largest = points.getLast().size();
        return 1 + Math.log10(Math.log1p(largest) / Math.log1p(largest / 10));
    }

    /** The formula, with times written by the caller. */
    String formula(DoubleFunction<String> amount) {
        return verdict() == Verdict.CONSTANT
                ? "about " + amount.apply(Spread.of(points.stream().map(Growth::time).toList()).median())
                : amount.apply(constant) + " + " + amount.apply(factor)
                        + String.format(Locale.ROOT, " · n^%.2f", exponent);
    }
}
