package dev.pulpo.examples.benchmark;

import dev.pulpo.examples.picture.Amount;
import dev.pulpo.examples.picture.BarPicture;
import dev.pulpo.examples.picture.CurvePicture;
import dev.pulpo.examples.picture.MeasurementPage;
import dev.pulpo.examples.picture.MeasurementPage.Cell;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Makes a page of what was measured. */
final class ReportPage {
    private static final List<String> METHOD = List.of(
            "Each cell is the median of repeated runs; below it stand the least and the most. \"Once\" was run once, "
                    + "in a process that was not patched before: it may take longer for that reason alone.",
            "A stop is the time in which at least one thread of the target cannot run. The floor is a C program that does "
                    + "nothing but stop and release the same process with ptrace, in the same run, and a JVM that does nothing, "
                    + "with the options of Pulpo's commands.",
            "\"Warm\" is a JVM that has patched before. A command starts a JVM of its own.",
            "An experiment that fails, or takes longer than its limit, has a row that says so.");

    /** Times below it are told in nanoseconds. */
    private static final double FEW_NANOS = 1000;

    private final Measured measured;
    private final MeasurementPage page = new MeasurementPage();

    ReportPage(Measured measured) {
        this.measured = measured;
    }

    /** A cost of a table and how it grows. */
    record Curve(Grid grid, String cost, Growth growth) {
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%s, %s: %s, with n %s: grows %s", grid.title(), cost,
                    growth.formula(value -> amount(value, grid.unit())), grid.subject(), growth.verdict().words());
        }
    }

    /** How each cost grows that was measured for at least three sizes. */
    static List<Curve> growth(List<Grid> grids) {
        return grids.stream().flatMap(grid -> IntStream.range(0, grid.columns().size()).boxed()
                .flatMap(column -> Growth.of(grid.points(column)).stream()
                        .map(growth -> new Curve(grid, grid.columns().get(column).name(), growth))))
                .toList();
    }

    String text() {
        String title = "What Pulpo costs";
        page.words((measured.quick() ? "The quick report, with small sizes" : "The full report") + " of "
                + measured.began().truncatedTo(ChronoUnit.SECONDS) + "; it took " + measured.took().toSeconds()
                + " s.");
        page.list(measured.machine()).heading("Method").list(METHOD);
        noise();
        page.heading("Where others are ahead").list(ahead());
        page.heading("How each cost grows");
        growth();
        List<String> missing = missing();
        if (!missing.isEmpty()) {
            page.heading("What could not be measured").list(missing);
        }
        measured.grids().forEach(this::grid);
        if (!measured.remarks().isEmpty()) {
            page.heading("Remarks").list(measured.remarks());
        }
        return page.document(title);
    }

    private void noise() {
        page.heading("Noise").table(
                List.of("an empty loop", "watched", "longest gap", "gaps above 0.1 ms", "their sum", "load averages"),
                List.of(noise("before", measured.before()), noise("after", measured.after())));
        List<Double> widths = measured.grids().stream().flatMap(grid -> grid.rows().stream())
                .flatMap(row -> row.values().stream()).filter(value -> value.count() > 1).map(Spread::width).sorted()
                .toList();
        if (!widths.isEmpty()) {
            page.words(String.format(Locale.ROOT,
                    "Of %d repeated measurements, half spread by less than %.0f %% of their median from the least to the most, "
                            + "and nine tenths by less than %.0f %%.",
                    widths.size(), 100 * widths.get(widths.size() / 2), 100 * widths.get(widths.size() * 9 / 10)));
        }
    }

    private static List<Cell> noise(String when, Noise noise) {
        return Stream.of(when, Amount.of(noise.watched().toNanos()), Amount.of(noise.longest().toNanos()),
                Integer.toString(noise.gaps()), Amount.of(noise.lost().toNanos()), noise.load()).map(Cell::of).toList();
    }

    /** Where the floor or a peer takes less. */
    private List<String> ahead() {
        List<String> sentences = new ArrayList<>();
        for (Grid grid : measured.grids()) {
            for (Grid.Column column : grid.columns()) {
                grid.column(column.against()).ifPresent(other -> sentences.addAll(ahead(grid, column, other)));
            }
        }
        return sentences.isEmpty() ? List.of("Nowhere.") : sentences;
    }

    private static List<String> ahead(Grid grid, Grid.Column column, int other) {
        List<String> rows = new ArrayList<>();
        int own = grid.column(column.name()).orElseThrow();
        for (Grid.Row row : grid.rows()) {
            if (row.missing().isEmpty() && row.values().get(other).median() < row.values().get(own).median()) {
                double theirs = row.values().get(other).median();
                double ours = row.values().get(own).median();
                rows.add(String.format(Locale.ROOT, "%s: %s instead of %s (%.2f times)", row.name(),
                        amount(theirs, grid.unit()), amount(ours, grid.unit()),
                        ours / Math.max(theirs, Double.MIN_NORMAL)));
            }
        }
        return rows.isEmpty()
                ? List.of()
                : List.of(grid.named() + ": \"" + column.against() + "\" takes less than \"" + column.name() + "\". "
                        + String.join("; ", rows) + ".");
    }

    private void growth() {
        List<Curve> curves = growth(measured.grids());
        page.words(
                "The formula is fitted to the least of the times, which noise disturbs least, by least squares of relative errors. The slope is that between the "
                        + "last two sizes, on logarithmic scales. Marked is what grows worse than n log n.");
        page.table(List.of("cost", "n", "least n", "largest n", "formula", "slope", "grows"), curves.stream()
                .map(curve -> {
                    Growth growth = curve.growth;
                    boolean worse = growth.verdict() == Growth.Verdict.WORSE;
                    DoubleFunction<String> amount = value -> amount(value, curve.grid.unit());
                    return List.of(new Cell(curve.cost, curve.grid.title(), worse, 1), Cell.of(curve.grid.subject()),
                            point(growth.points().getFirst(), amount), point(growth.points().getLast(), amount),
                            Cell.of(growth.formula(amount)),
                            Cell.of(String.format(Locale.ROOT, "%.2f", growth.slope())),
                            new Cell(growth.verdict().words(), "", worse, 1));
                }).toList());
        List<String> worse = curves.stream().filter(curve -> curve.growth.verdict() == Growth.Verdict.WORSE)
                .map(curve -> curve.cost + " (" + curve.grid.title() + ")").toList();
        page.words(worse.isEmpty()
                ? "No cost grows worse than n log n over these sizes."
                : "Worse than n log n: " + String.join("; ", worse) + ".");
    }

    private static Cell point(Grid.Point point, DoubleFunction<String> amount) {
        return new Cell(amount.apply(point.value().least()), "n = " + Amount.count(point.size()), false, 1);
    }

    private List<String> missing() {
        return measured.grids().stream().flatMap(grid -> grid.rows().stream().filter(row -> !row.missing().isEmpty())
                .map(row -> grid.named() + ": " + row.name() + ": " + row.missing())).toList();
    }

    private static String name(Grid grid, Grid.Row row) {
        return (row.name() + " " + grid.subject()).strip();
    }

    private void grid(Grid grid) {
        page.heading(grid.title());
        List<String> columns = new ArrayList<>(List.of(grid.subject()));
        grid.columns().forEach(column -> columns.add(column.name()));
        page.table(columns, grid.rows().stream().map(row -> cells(grid, row)).toList());
        if (grid.hasSizes()) {
            page.picture(CurvePicture.of(grid.title(), grid.subject(),
                    IntStream.range(0, grid.columns().size())
                            .mapToObj(column -> new CurvePicture.Curve(grid.columns().get(column).name(),
                                    grid.points(column).stream().map(point -> new CurvePicture.Point(point.size(),
                                            Math.max(1, point.value().median()))).toList()))
                            .toList(),
                    value -> amount(value, grid.unit())));
        } else {
            bars(grid);
        }
        perThread(grid).ifPresent(page::words);
    }

    private static List<Cell> cells(Grid grid, Grid.Row row) {
        List<Cell> cells = new ArrayList<>(List.of(Cell.of(row.name())));
        if (!row.missing().isEmpty()) {
            cells.add(new Cell(row.missing(), "", true, grid.columns().size()));
        }
        for (Spread value : row.values()) {
            cells.add(new Cell(amount(value.median(), grid.unit()), value.count() == 1
                    ? "once"
                    : amount(value.least(), grid.unit()) + " – " + amount(value.most(), grid.unit()), false, 1));
        }
        return cells;
    }

    private void bars(Grid grid) {
        List<BarPicture.Group> groups = grid.rows().stream().filter(row -> row.missing().isEmpty())
                .map(row -> new BarPicture.Group(name(grid, row), IntStream.range(0, row.values().size())
                        .mapToObj(column -> new BarPicture.Bar(grid.columns().get(column).name(),
                                row.values().get(column).median()))
                        .toList()))
                .toList();
        if (!groups.isEmpty()) {
            page.picture(BarPicture.of(grid.title(), groups, value -> amount(value, grid.unit())));
        }
    }

    /** What each further one costs, where things were counted for two sizes. */
    private static Optional<String> perThread(Grid grid) {
        List<Grid.Point> points = grid.points(0);
        if (grid.unit() != Spread.Unit.COUNT || points.size() != 2) {
            return Optional.empty();
        }
        double more = points.getLast().size() - points.getFirst().size();
        return Optional.of("For each further one: "
                + String.join(", ", IntStream.range(0,
                        grid.columns().size()).mapToObj(
                                column -> String.format(Locale.ROOT,
                                        "%s %.1f", grid.columns().get(column).name(),
                                        (grid.points(column).getLast().value().median()
                                                - grid.points(column).getFirst().value().median()) / more))
                        .toList())
                + ".");
    }

    private static String amount(double value, Spread.Unit unit) {
        return switch (unit) {
            case TIME -> value != 0 && value < FEW_NANOS
                    ? String.format(Locale.ROOT, value < 10 ? "%.2f ns" : "%.0f ns", value)
                    : Amount.of((long) value);
            case CALL -> String.format(Locale.ROOT, "%.3f ns", value);
            case COUNT -> Amount.count((long) value);
        };
    }
}
