package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.Replacement;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Measures what a detour costs per call, direct and through a trampoline, compared with an unpatched function of the same
 * process; what a probe that counts costs per call; what such jumps cost alone; and the time from "apply" to "in force" for 1, 100 and 1000 functions without
 * prepared entries.
 */
public final class DetourBenchmark {
    private static final long WARM_UP_NANOS = 4_000_000_000L;
    private static final int ROUNDS = 100;
    private static final int FIRST = 100;

    private DetourBenchmark() {}

    /** Runs with the directory of the built demo as its argument. */
    public static void main(String[] arguments) throws Exception {
        Path demo = Path.of(arguments[0]);
        try (LaunchedProcess target = LiveProcess.launch(demo.resolve("calls").toString());
                LiveProcess process = LiveProcess.attach(target.pid());
                BufferedReader output = new BufferedReader(
                        new InputStreamReader(target.output().orElseThrow(), StandardCharsets.UTF_8))) {
            OutputStream input = target.input().orElseThrow();
            output.readLine();
            System.out.printf("%-30s %18s %18s%n", "one call, ns: least (median)", "another function", "the function");
            for (String kind : List.of("", "_prepared")) {
                calls(process, demo, input, output, "libmany.so", "lib", kind);
                calls(process, demo, input, output, "exe", "exe", kind);
            }
            jumps(demo);
            System.out.printf("%n%-22s %12s %12s %12s%n", "functions", "apply, us", "stop, us", "plan, us");
            for (int count : new int[]{1, 100, 1000}) {
                apply(process, demo, count);
            }
        }
    }

    /** Measures such jumps alone, without a detour, in a C program. */
    private static void jumps(Path demo) throws IOException, InterruptedException {
        System.out.printf("%nsuch jumps by themselves, ns more than none: least (median)%n");
        int status = new ProcessBuilder(demo.resolve("jumps").toString()).inheritIO().start().waitFor();
        if (status != 0) {
            throw new IllegalStateException(demo.resolve("jumps") + " has failed with status " + status);
        }
    }

    /** The library is near the patch, the program far from it. */
    private static void calls(LiveProcess process, Path demo, OutputStream input, BufferedReader output, String target,
            String where, String kind) throws IOException {
        String function = where + (kind.isEmpty() ? "_patched" : kind);
        LivePatch patch = LivePatch.of(demo.resolve("many_fix.so")).target(target).replace(function, "fast");
        String what = (where.equals("lib") ? "direct" : "far") + kind.replace('_', ' ');
        measure(input, output, where + kind, what + ", before");
        process.apply(patch);
        measure(input, output, where + kind, what + ", patched");
        process.revert(patch.id());
        measure(input, output, where + kind, what + ", reverted");
        try (LiveProbe probe = process.probe(Probe.counting(function).in(target))) {
            measure(input, output, where + kind, what + ", counted");
            if (probe.counts().total() == 0) {
                throw new IllegalStateException("the probe has counted no call of " + function);
            }
        }
    }

    private static void measure(OutputStream input, BufferedReader output, String where, String what)
            throws IOException {
        input.write((where + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
        String[] answer = output.readLine().split(" ");
        System.out.printf("%-30s %18s %18s%n", what, answer[0] + " (" + answer[1] + ")",
                answer[2] + " (" + answer[3] + ")");
    }

    private static void apply(LiveProcess process, Path demo, int count) throws IOException {
        List<Replacement> all = IntStream.range(FIRST, FIRST + count)
                .mapToObj(i -> new Replacement("f" + i, "r" + i)).toList();
        LivePatch patch = LivePatch.of(demo.resolve("many_fix.so")).target("libmany.so").replace(all);
        List<Outcome> outcomes = new ArrayList<>();
        List<Duration> plans = new ArrayList<>();
        long warm = System.nanoTime() + WARM_UP_NANOS;
        while (outcomes.size() < ROUNDS) {
            long began = System.nanoTime();
            var plan = process.plan(patch);
            Duration planned = Duration.ofNanos(System.nanoTime() - began);
            Outcome applied = process.apply(plan, dev.pulpo.engine.Consistency.DEFAULT);
            process.revert(patch.id());
            if (began - warm > 0) {
                outcomes.add(applied);
                plans.add(planned);
            }
        }
        System.out.printf("%-22d %12d %12d %12d%n", count, median(outcomes, Outcome::total),
                median(outcomes, Outcome::stop), median(plans, duration -> duration));
    }

    private static <T> long median(List<T> values, Function<T, Duration> time) {
        return values.stream().map(time).sorted().toList().get(values.size() / 2).toNanos() / 1000;
    }
}
