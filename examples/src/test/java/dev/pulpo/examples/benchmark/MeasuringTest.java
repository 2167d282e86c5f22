package dev.pulpo.examples.benchmark;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.ffm.Launcher;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The measuring code, on sizes that take no time. */
class MeasuringTest {
    private static final Sizes TINY = new Sizes(Duration.ofMinutes(1), Duration.ZERO, 2, 1, 1, List.of(1, 2, 3),
            List.of(1, 2, 3), List.of(1, 2, 3), List.of(1), List.of(1, 2, 3), List.of(1, 2, 3), true);
    private static final Limits LIMITS = new Limits(TINY.limit(), begun -> {});

    private static Demo demo(Path directory) throws Exception {
        Programs.run(Path.of("demo/build.sh").toAbsolutePath().toString(), directory.toString());
        return new Demo(directory);
    }

    @Tag("slow")
    @Test
    void everyTableIsMeasured(@TempDir Path directory) throws Exception {
        Demo demo = demo(directory);
        GeneratedCode code = new GeneratedCode(demo, directory);
        StopBenchmark stops = new StopBenchmark(demo, Path.of("/nowhere"), TINY, LIMITS);
        DetourBenchmark detours = new DetourBenchmark(demo, TINY, LIMITS);
        ScalingBenchmark scaling = new ScalingBenchmark(code, Path.of("/nowhere"), TINY, LIMITS);
        List<Grid> grids = List.of(stops.stops(), stops.byThread(), stops.inside(), detours.calls(true),
                detours.functions(code), scaling.codeSize(), scaling.libraries(), scaling.patches());
        for (Grid grid : grids) {
            grid.requireComplete();
            assertThat(grid.rows()).allSatisfy(row -> assertThat(row.values()).hasSameSizeAs(grid.columns())
                    .allSatisfy(value -> assertThat(value.least()).isPositive().isLessThanOrEqualTo(value.median())));
            ByteArrayOutputStream text = new ByteArrayOutputStream();
            grid.print(new PrintStream(text, true, StandardCharsets.UTF_8));
            assertThat(text.toString(StandardCharsets.UTF_8)).contains(grid.title(), grid.rows().getLast().name());
        }
        assertThat(grids.getFirst().rows().get(2).values()).as("the largest size is measured once")
                .allSatisfy(value -> assertThat(value.count()).isOne());
    }

    @Test
    void whatFailsIsMissingWithItsReason() throws Exception {
        Grid grid = new Grid.Builder("Experiments", "things", Spread.Unit.TIME, Grid.Column.named("cost"), LIMITS)
                .row(1, () -> List.of(Spread.once(5)))
                .row(2, () -> List.of(Programs.repeat(1, () -> Programs.run("sh", "-c", "echo why; exit 3").time())))
                .row(3, () -> {
                    throw new Limits.NotHereException("there is no such thing");
                }).build();
        assertThat(grid.rows().stream().map(Grid.Row::missing)).containsExactly("",
                "failed: java.io.IOException: sh -c echo why; exit 3 ended with 3: why", "there is no such thing");
    }

    /** Its process is killed, so that an experiment that waits for it ends, too. */
    @Test
    void whatTakesTooLongIsEnded() throws Exception {
        AtomicReference<Target> started = new AtomicReference<>();
        Limits.Result<String> result = new Limits(Duration.ofSeconds(1), begun -> {}).run("a long one", () -> {
            Target target = Target.start(new Launcher("sh", "-c", "echo ready; exec sleep 60"));
            started.set(target);
            return target.ask("")[0];
        });
        assertThat(result).isEqualTo(new Limits.Result.Missing<String>("took longer than its limit of 1 s"));
        assertThat(ProcessHandle.of(started.get().pid())).isEmpty();
    }
}
