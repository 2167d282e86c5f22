package dev.pulpo.examples.picture;

import java.util.List;
import java.util.function.DoubleFunction;

/** Curves on logarithmic scales, on which a power of the size is a straight line. */
public final class CurvePicture {
    /** So many colours does the style sheet have. */
    private static final int COLOURS = 8;
    private static final double WIDTH = 900;
    private static final double HEIGHT = 330;
    private static final double LEFT = 80;
    private static final double TOP = 20;
    private static final double PLOT = 600;
    private static final double DEPTH = 260;
    private static final double DOT = 7;
    private static final double LINE = 18;

    private final Svg svg = new Svg();
    private final Scale across;
    private final Scale up;

    /**
     * What was measured.
     *
     * @param x the size of the problem
     * @param y the cost, at least 1
     */
    public record Point(double x, double y) {}

    /** The points of one cost, by ascending size. */
    public record Curve(String name, List<Point> points) {}

    /** A logarithmic scale of whole powers of ten. */
    private record Scale(int from, int to) {
        static Scale of(double least, double most) {
            int from = (int) Math.floor(Math.log10(least));
            return new Scale(from, Math.max(from + 1, (int) Math.ceil(Math.log10(most))));
        }

        /** Between 0 and 1. */
        double at(double value) {
            return (Math.log10(value) - from) / (to - from);
        }
    }

    private CurvePicture(List<Curve> curves) {
        List<Point> all = curves.stream().flatMap(curve -> curve.points.stream()).toList();
        across = Scale.of(all.stream().mapToDouble(Point::x).min().orElse(1),
                all.stream().mapToDouble(Point::x).max().orElse(1));
        up = Scale.of(all.stream().mapToDouble(Point::y).min().orElse(1),
                all.stream().mapToDouble(Point::y).max().orElse(1));
    }

    /**
     * The picture as a part of a page.
     *
     * @param subject what x counts
     * @param amount  the text of y
     */
    public static String of(String title, String subject, List<Curve> curves, DoubleFunction<String> amount) {
        return new CurvePicture(curves).draw(title, subject, curves, amount);
    }

    private String draw(String title, String subject, List<Curve> curves, DoubleFunction<String> amount) {
        svg.field(LEFT, TOP, PLOT, DEPTH, "field");
        for (int power = across.from; power <= across.to; power++) {
            double x = x(Math.pow(10, power));
            svg.line(x, TOP, x, TOP + DEPTH, "grid");
            svg.text(x, TOP + DEPTH + 16, "tick", Amount.count((long) Math.pow(10, power)));
        }
        svg.text(LEFT + PLOT / 2, TOP + DEPTH + 36, "tick", subject);
        for (int power = up.from; power <= up.to; power++) {
            double y = y(Math.pow(10, power));
            svg.line(LEFT, y, LEFT + PLOT, y, "grid");
            svg.text(LEFT - 8, y + 4, "name", amount.apply(Math.pow(10, power)));
        }
        for (int i = 0; i < curves.size(); i++) {
            curve(curves.get(i), i, amount);
        }
        return svg.element(WIDTH, HEIGHT, title);
    }

    private void curve(Curve curve, int number, DoubleFunction<String> amount) {
        String colour = colour(number);
        double y = TOP + 12 + number * LINE;
        svg.field(LEFT + PLOT + 20, y - 9, 12, 10, colour);
        svg.text(LEFT + PLOT + 38, y, "beside", curve.name);
        for (int i = 0; i < curve.points.size(); i++) {
            Point point = curve.points.get(i);
            if (i > 0) {
                Point before = curve.points.get(i - 1);
                svg.line(x(before.x), y(before.y), x(point.x), y(point.y), colour);
            }
            svg.bar(x(point.x) - DOT / 2, y(point.y) - DOT / 2, DOT, DOT, colour,
                    curve.name + ", " + Amount.count((long) point.x) + ": " + amount.apply(point.y));
        }
    }

    static String colour(int number) {
        return "c" + number % COLOURS;
    }

    private double x(double value) {
        return LEFT + PLOT * across.at(value);
    }

    private double y(double value) {
        return TOP + DEPTH * (1 - up.at(value));
    }
}
