package dev.pulpo.examples.picture;

import java.util.List;
import java.util.function.DoubleFunction;

/** Bars beside each other, in groups, on a scale that begins with 0. */
public final class BarPicture {
    private static final double WIDTH = 900;
    private static final double NAMES = 260;
    private static final double PLOT = 520;
    private static final double ROW = 18;
    private static final double BAR = 13;
    private static final double GAP = 8;

    private BarPicture() {}

    /** A bar of a group. */
    public record Bar(String name, double value) {}

    /** Bars that are to be compared. */
    public record Group(String name, List<Bar> bars) {}

    /**
     * The picture as a part of a page.
     *
     * @param amount the text of a value
     */
    public static String of(String title, List<Group> groups, DoubleFunction<String> amount) {
        Svg svg = new Svg();
        double most = groups.stream().flatMap(group -> group.bars.stream()).mapToDouble(Bar::value).max().orElse(1);
        double y = GAP;
        for (Group group : groups) {
            if (!group.name.isEmpty()) {
                svg.text(4, y + ROW - 5, "heading", group.name);
                y += ROW;
            }
            for (int i = 0; i < group.bars.size(); i++) {
                Bar bar = group.bars.get(i);
                double width = Math.max(1, PLOT * bar.value / Math.max(most, Double.MIN_NORMAL));
                svg.text(NAMES - 8, y + 13, "name", bar.name);
                svg.bar(NAMES, y + 2, width, BAR, CurvePicture.colour(i), bar.name + ": " + amount.apply(bar.value));
                svg.text(NAMES + width + 6, y + 13, "beside", amount.apply(bar.value));
                y += ROW;
            }
            y += GAP;
        }
        return svg.element(WIDTH, y, title);
    }
}
