package dev.pulpo.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

/** The page of recorded values: what it says, and that it needs nothing else. */
class ReportPageTest {
    private static final List<Integer> SIZES = List.of(1, 10, 100, 1000);
    private static final Noise NOISE = new Noise(Duration.ofSeconds(2), Duration.ofMillis(3), Duration.ofMillis(5), 7,
            "0.10 0.20 0.30");

    private static Grid.Row row(String name, OptionalInt size, double... micros) {
        return new Grid.Row(name, size,
                Arrays.stream(micros).mapToObj(value -> new Spread(value * 900, value * 1000, value * 1200, 9))
                        .toList(),
                "");
    }

    /** A floor that grows as n, and a cost that grows otherwise. */
    private static Grid growing(String title, DoubleUnaryOperator cost) {
        return new Grid(title, "threads", Spread.Unit.TIME,
                List.of(new Grid.Column("floor", ""), new Grid.Column("stop", "floor")),
                SIZES.stream()
                        .map(size -> row(size.toString(), OptionalInt.of(size), 10 + size, cost.applyAsDouble(size)))
                        .toList());
    }

    private static String page(Grid... grids) {
        return new ReportPage(new Measured(true, Instant.EPOCH, Duration.ofSeconds(100), List.of("2 processors"), NOISE,
                NOISE, List.of(grids), List.of("libpulp is not measured."))).text();
    }

    private static Growth growth(DoubleUnaryOperator cost) {
        return Growth.of(growing("", cost).points(1)).orElseThrow();
    }

    @Test
    void growthIsFound() {
        Growth linear = growth(n -> 20 + 3 * n);
        assertThat(linear.constant()).isCloseTo(18_000, within(1));
        assertThat(linear.factor()).isCloseTo(2_700, within(1));
        assertThat(linear.verdict()).isEqualTo(Growth.Verdict.LINEAR);
        assertThat(growth(n -> n * Math.log1p(n)).verdict()).isEqualTo(Growth.Verdict.LINEAR);
        assertThat(growth(n -> 500 + n * n).verdict()).isEqualTo(Growth.Verdict.WORSE);
        assertThat(growth(n -> 500 + Math.pow(n, 1.5)).verdict()).isEqualTo(Growth.Verdict.WORSE);
        assertThat(growth(n -> 50 + 10 * Math.sqrt(n)).verdict()).isEqualTo(Growth.Verdict.SUBLINEAR);
        assertThat(growth(n -> 700 + n / 100).verdict()).isEqualTo(Growth.Verdict.CONSTANT);
        assertThat(Growth.of(growing("", n -> n).points(1).subList(0, 2))).isEmpty();
    }

    private static Percentage within(double percent) {
        return Percentage.withPercentage(percent);
    }

    @Test
    void whatGrowsTooFastIsMarkedAndNamed() {
        assertThat(page(growing("Stops", n -> 500 + n * n))).contains("Worse than n log n: stop (Stops).",
                "<td class=\"marked\">worse than n log n</td>");
        assertThat(page(growing("Stops", n -> 20 + 3 * n))).contains("No cost grows worse than n log n")
                .doesNotContain("class=\"marked\"");
    }

    @Test
    void whereTheFloorIsAheadIsSaid() {
        assertThat(page(growing("Stops", n -> 2 * (10 + n))))
                .contains("Stops, by threads: &quot;floor&quot; takes less than "
                        + "&quot;stop&quot;. 1: 11.0 µs instead of 22.0 µs (2.00 times); ");
        assertThat(page(growing("Stops", n -> (10 + n) / 2))).contains("<li>Nowhere.</li>");
    }

    @Test
    void whatIsMissingSaysWhy() {
        Grid.Row missing = new Grid.Row("10000", OptionalInt.of(10_000), List.of(),
                "took longer than its limit of 300 s");
        Grid whole = growing("Stops", n -> n);
        List<Grid.Row> rows = IntStream.rangeClosed(0, SIZES.size())
                .mapToObj(i -> i < SIZES.size() ? whole.rows().get(i) : missing).toList();
        assertThat(page(new Grid(whole.title(), whole.subject(), whole.unit(), whole.columns(), rows))).contains(
                "<td class=\"marked\" colspan=\"2\">took longer than its limit of 300 s</td>",
                "Stops, by threads: 10000: took longer than its limit of 300 s", "libpulp is not measured.");
    }

    @Test
    void pageHasTablesAndPicturesAndNeedsNothingElse() {
        String page = page(growing("Stops", n -> n),
                new Grid("Commands", "", Spread.Unit.TIME, Grid.Column.named("stub", "apply"),
                        List.of(row("one process", OptionalInt.empty(), 100_000, 250_000))),
                new Grid("Calls", "", Spread.Unit.COUNT, Grid.Column.named("all"),
                        List.of(row("1", OptionalInt.of(1), 1), row("101", OptionalInt.of(101), 2))));
        assertThat(page.split("<svg ", -1)).hasSize(4);
        assertThat(page)
                .contains("default-src 'none'", "<title>stop, 1 000: 1.00 ms</title>", "<title>apply: 250 ms</title>",
                        "1.00 ms<small>900 µs – 1.20 ms</small>", "For each further one: all 10.0.",
                        "0.10 0.20 0.30")
                .doesNotContain("<script")
                .doesNotContainPattern("(src|href)=|url\\(|@import|https?://(?!www[.]w3[.]org/2000/svg)");
    }
}
