package dev.pulpo.examples.benchmark;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * A table of measurements, for the terminal and for the page.
 *
 * @param title   what is measured
 * @param subject what the rows are: threads, functions
 * @param unit    of all numbers
 * @param columns what is measured of each of them
 */
record Grid(String title, String subject, Spread.Unit unit, List<Column> columns, List<Row> rows) {
    Grid {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
    }

    /**
     * A cost.
     *
     * @param against the column that it is compared with: the floor, or a peer; empty for none
     */
    record Column(String name, String against) {
        /** Costs that are compared with nothing. */
        static List<Column> named(String... names) {
            return List.of(names).stream().map(name -> new Column(name, "")).toList();
        }
    }

    /**
     * The measurements of one case.
     *
     * @param size    the number of things, where the costs can be followed over it
     * @param values  one for each column; empty where the row is missing
     * @param missing why it is missing; empty where it is not
     */
    record Row(String name, OptionalInt size, List<Spread> values, String missing) {
        Row {
            values = List.copyOf(values);
        }
    }

    /** One cost in one case of a known size. */
    record Point(int size, Spread value) {}

    /** Makes a grid, row by row; an experiment that fails, or takes too long, leaves a row that says why. */
    static final class Builder {
        private final String title;
        private final String subject;
        private final Spread.Unit unit;
        private final List<Column> columns;
        private final Limits limits;
        private final List<Row> rows = new ArrayList<>();

        Builder(String title, String subject, Spread.Unit unit, List<Column> columns, Limits limits) {
            this.title = title;
            this.subject = subject;
            this.unit = unit;
            this.columns = columns;
            this.limits = limits;
        }

        Builder row(int size, Callable<List<Spread>> experiment) throws InterruptedException {
            return row(Integer.toString(size), OptionalInt.of(size), experiment);
        }

        Builder row(String name, Callable<List<Spread>> experiment) throws InterruptedException {
            return row(name, OptionalInt.empty(), experiment);
        }

        private Builder row(String name, OptionalInt size, Callable<List<Spread>> experiment)
                throws InterruptedException {
            Limits.Result<List<Spread>> result = limits.run(build().named() + ": " + name, experiment);
            rows.add(switch (result) {
                case Limits.Result.Done<List<Spread>> done -> new Row(name, size, checked(done.value()), "");
                case Limits.Result.Missing<List<Spread>> missing ->
                    new Row(name, size, List.of(), missing.reason());
            });
            return this;
        }

        private List<Spread> checked(List<Spread> values) {
            if (values.size() != columns.size()) {
                throw new IllegalStateException(title + ": " + values.size() + " values for " + columns);
            }
            return values;
        }

        Grid build() {
            return new Grid(title, subject, unit, columns, rows);
        }
    }

    /** The title, with what the rows are. */
    String named() {
        return subject.isEmpty() ? title : title + ", by " + subject;
    }

    /** How a cost grows with the size: its measurements in the rows that have one. */
    List<Point> points(int column) {
        return rows.stream().filter(row -> row.size.isPresent() && row.missing.isEmpty())
                .map(row -> new Point(row.size.getAsInt(), row.values.get(column))).toList();
    }

    /** Whether costs can be followed over at least three sizes. */
    boolean hasSizes() {
        return points(0).size() >= Growth.LEAST_POINTS;
    }

    private static <T> List<T> joined(List<T> first, List<T> second) {
        List<T> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }

    /** The column of a name. */
    Optional<Integer> column(String name) {
        return IntStream.range(0, columns.size()).filter(i -> columns.get(i).name.equals(name)).boxed().findFirst();
    }

    /** Prints medians and, in parentheses, minima. */
    void print(PrintStream out) {
        out.printf("%n%s: medians (least) in %s%n", title, unit.words());
        List<List<String>> lines = new ArrayList<>();
        lines.add(joined(List.of(subject), columns.stream().map(Column::name).toList()));
        Function<Row, List<String>> line = row -> row.missing.isEmpty()
                ? joined(List.of(row.name), row.values.stream().map(value -> value.text(unit)).toList())
                : List.of(row.name, row.missing);
        rows.stream().map(line).forEach(lines::add);
        List<Integer> widths = new ArrayList<>(Collections.nCopies(columns.size() + 1, 0));
        for (int i = 0; i <= columns.size(); i++) {
            for (List<String> cells : lines) {
                if (cells.size() == widths.size()) {
                    widths.set(i, Math.max(widths.get(i), cells.get(i).length()));
                }
            }
        }
        for (List<String> cells : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < cells.size(); i++) {
                int width = cells.size() == widths.size() || i == 0 ? widths.get(i) : 0;
                text.append(String.format(i == 0 ? "%-" + Math.max(1, width) + "s" : "  %" + Math.max(1, width) + "s",
                        cells.get(i)));
            }
            out.println(text);
        }
    }

    /** @throws IllegalStateException where a row is missing */
    void requireComplete() {
        rows.stream().filter(row -> !row.missing.isEmpty()).findFirst().ifPresent(row -> {
            throw new IllegalStateException(named() + ": " + row.name + ": " + row.missing);
        });
    }
}
