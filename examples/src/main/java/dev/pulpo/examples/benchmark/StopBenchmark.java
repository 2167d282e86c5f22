package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * How long a process stands still while it is patched, for several numbers of threads, in a warm JVM; and beside it, in the
 * same run and on the same process, the time that stopping and releasing alone takes in C.
 */
public final class StopBenchmark {
    private static final int WARM_UP = 50;
    private static final int ROUNDS = 100;

    private StopBenchmark() {}

    /** Runs with the directory of the built demo as its argument. */
    public static void main(String[] arguments) throws Exception {
        Path demo = Path.of(arguments[0]);
        System.out.printf("%-22s %22s %22s %12s %12s%n", "threads", "ptrace in C, us (min)", "stop, us (min)",
                "borrowed, us", "apply, us");
        for (String[] load : new String[][]{{"0", "sleep"}, {"15", "sleep"}, {"99", "sleep"}, {"999", "sleep"},
                {"99", "spin"}}) {
            measure(demo, load[0], load[1]);
        }
    }

    private static void measure(Path demo, String threads, String kind) throws IOException {
        LivePatch patch = LivePatch.of(demo.resolve("fix.so")).target("libgreeting.so")
                .replace("greeting", "greeting_fixed");
        try (LaunchedProcess target = LiveProcess.launch(demo.resolve("threads").toString(), threads, kind);
                BufferedReader output = reader(target)) {
            output.readLine();
            String[] floor = floor(demo, target.pid());
            List<Outcome> outcomes = new ArrayList<>();
            try (LiveProcess process = LiveProcess.attach(target.pid())) {
                for (int i = 0; i < WARM_UP + ROUNDS; i++) {
                    Outcome applied = process.apply(patch);
                    process.revert(patch.id());
                    if (i >= WARM_UP) {
                        outcomes.add(applied);
                    }
                }
            }
            List<Long> stops = sorted(outcomes.stream().map(Outcome::stop).toList());
            System.out.printf("%-22s %22s %22s %12d %12d%n", 1 + Integer.parseInt(threads) + " " + kind,
                    micros(floor[0]) + " (" + micros(floor[1]) + ")", median(stops) + " (" + stops.getFirst() + ")",
                    median(sorted(outcomes.stream().map(Outcome::borrowed).toList())),
                    median(sorted(outcomes.stream().map(Outcome::total).toList())));
        }
    }

    private static String[] floor(Path demo, int pid) throws IOException {
        try (LaunchedProcess floor = new Launcher(demo.resolve("floor").toString(), Integer.toString(pid),
                Integer.toString(ROUNDS)).start(); BufferedReader output = reader(floor)) {
            String line = output.readLine();
            if (line == null) {
                throw new IOException("the floor could not be measured: " + floor.waitFor());
            }
            return line.strip().split(" ");
        }
    }

    private static BufferedReader reader(LaunchedProcess process) {
        return new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
    }

    private static List<Long> sorted(List<Duration> durations) {
        return durations.stream().map(duration -> duration.toNanos() / 1000).sorted().toList();
    }

    private static long median(List<Long> sorted) {
        return sorted.get(sorted.size() / 2);
    }

    private static long micros(String nanos) {
        return Long.parseLong(nanos) / 1000;
    }
}
