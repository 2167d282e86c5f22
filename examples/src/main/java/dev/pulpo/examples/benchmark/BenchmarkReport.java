package dev.pulpo.examples.benchmark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/** Measures everything and writes one page about it. */
public final class BenchmarkReport {
    private static final Duration WATCHED = Duration.ofSeconds(2);
    private static final Duration GLANCE = Duration.ofMillis(100);
    /** Maven may have to compile the decoder first. */
    private static final Duration MAVEN = Duration.ofSeconds(60);

    private final Demo demo;
    private final Path command;
    private final Sizes sizes;
    private final Limits limits;
    private final Path work;

    private BenchmarkReport(Demo demo, Path command, Sizes sizes, Limits limits, Path work) {
        this.demo = demo;
        this.command = command;
        this.sizes = sizes;
        this.limits = limits;
        this.work = work;
    }

    /** Runs with {@code --report} or {@code --quick}, the page's file, the directory of the built demo, and the command. */
    public static void main(String[] arguments) throws Exception {
        boolean quick = arguments[0].equals("--quick");
        Sizes sizes = quick ? Sizes.QUICK : Sizes.FULL;
        Path page = Path.of(arguments[1]);
        // What cannot be written is not measured.
        Files.writeString(page, "");
        long began = System.nanoTime();
        Limits limits = new Limits(sizes.limit(),
                what -> System.err.printf("%4d s: %s%n", (System.nanoTime() - began) / 1_000_000_000, what.strip()));
        Measured measured = new BenchmarkReport(new Demo(Path.of(arguments[2])), Path.of(arguments[3]), sizes, limits,
                WorkDirectory.create()).run(quick, soFar -> Files.writeString(page, new ReportPage(soFar).text()));
        measured.grids().forEach(grid -> grid.print(System.out));
        System.out.println();
        ReportPage.growth(measured.grids()).forEach(System.out::println);
        System.out.println(page.toAbsolutePath());
    }

    /** Takes the page as far as it is known. */
    interface Progress {
        void told(Measured soFar) throws IOException;
    }

    private Measured run(boolean quick, Progress progress) throws Exception {
        Instant began = Instant.now();
        long start = System.nanoTime();
        Noise before = Noise.watch(WATCHED);
        StopBenchmark stops = new StopBenchmark(demo, command, sizes, limits);
        CommandBenchmark commands = new CommandBenchmark(demo, command, work, sizes, limits);
        GeneratedCode code = new GeneratedCode(demo, work);
        DetourBenchmark detours = new DetourBenchmark(demo, sizes, limits);
        ScalingBenchmark scaling = new ScalingBenchmark(code, command, sizes, limits);
        List<Grid> grids = new ArrayList<>();
        for (Callable<Grid> each : List.<Callable<Grid>>of(stops::stops, commands::coldStop, stops::inside,
                stops::byThread,
                stops::losses, commands::commands, commands::systemCalls, () -> detours.calls(quick),
                () -> detours.functions(code), scaling::processes, scaling::codeSize, scaling::libraries,
                scaling::patches)) {
            grids.add(each.call());
            progress.told(
                    new Measured(quick, began, Duration.ofNanos(System.nanoTime() - start), Noise.machine(), before,
                            Noise.watch(GLANCE), grids, List.of("The run has not come to its end.")));
        }
        List<String> remarks = new ArrayList<>();
        switch (limits.run("libpulp", () -> Libpulp.find(demo, work.resolve("packed.so"), sizes))) {
            case Limits.Result.Done<Libpulp> found -> grids.add(found.value().beside(command, limits));
            case Limits.Result.Missing<Libpulp> missing -> remarks.add(missing.reason() + ".");
        }
        remarks.add(decoder(quick));
        Measured all = new Measured(quick, began, Duration.ofNanos(System.nanoTime() - start), Noise.machine(), before,
                Noise.watch(WATCHED), grids, remarks);
        progress.told(all);
        return all;
    }

    /** What JMH says of the decoder; its classes are those of a test, which Maven runs. */
    private String decoder(boolean quick) throws InterruptedException {
        Limits.Result<String> result = limits.atLeast(MAVEN).run("decoder", () -> {
            Path script = command.resolveSibling("benchmark-decoder");
            return Programs.run(quick ? List.of(script.toString(), "--quick") : List.of(script.toString())).output()
                    .lines().filter(line -> line.contains("decoder")).reduce((first, last) -> last)
                    .orElseThrow(() -> new IOException("it has printed no result"));
        });
        return "Decoder (JMH): " + switch (result) {
            case Limits.Result.Done<String> done -> done.value();
            case Limits.Result.Missing<String> missing -> missing.reason();
        } + ".";
    }
}
