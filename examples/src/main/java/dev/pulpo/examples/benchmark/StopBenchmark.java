package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
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

/**
 * Measures how long patching stops a process, for several numbers of threads, in a warm JVM. A C program stops and releases
 * the same process in the same run, for comparison. A second table measures from inside the process: one of its threads
 * reads the clock all the time. A third is about threads that change one by one. The last tells what the threads of a busy
 * process lose, by a patch in the warm JVM and by the command, which starts a JVM of its own.
 */
public final class StopBenchmark {
    private static final Duration WARM_UP = Duration.ofSeconds(4);
    private static final int LEAST_WARM_UP = 20;
    private static final int ROUNDS = 100;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int LOSSES = 15;
    /** What the command takes at least, for comparison with a process that nothing is done to. */
    private static final Duration QUIET = Duration.ofMillis(300);
    private static final String[] BUSY_THREADS = {"1", "2", "16"};
    private static final String[] THREADS = {"1", "16", "100", "128", "1000"};

    private StopBenchmark() {}

    /** Runs with the directory of the built demo, and the command, as its arguments. */
    public static void main(String[] arguments) throws Exception {
        Path demo = Path.of(arguments[0]);
        System.out.println("medians (minima) in microseconds");
        System.out.printf("%-12s %16s %16s %16s %16s %16s %18s%n", "threads", "ptrace in C", "C, registers",
                "stop, unchecked", "stop, checked", "borrowed", "apply");
        for (String threads : THREADS) {
            measure(demo, threads, "sleep");
        }
        measure(demo, "100", "spin");
        System.out.printf("%n%-12s %16s %16s %18s %18s%n", "by thread", "stop", "of one thread", "apply", "revert");
        for (String threads : THREADS) {
            measureByThread(demo, threads, "sleep");
        }
        measureByThread(demo, "100", "spin");
        System.out.printf("%n%-12s %16s %16s%n", "threads", "stop, checked", "seen from inside");
        for (String threads : THREADS) {
            measureInside(demo, threads.equals("1") ? "2" : threads);
        }
        System.out.printf("%n%-12s %16s %16s %16s %16s %16s %16s%n", "busy threads", "nothing: gap", "lost",
                "apply, warm: gap", "lost", "command: gap", "lost");
        for (String threads : BUSY_THREADS) {
            measureLoss(demo, threads, arguments[1]);
        }
    }

    /** Applies and reverts a patch. */
    private static Outcome round(LiveProcess process, LivePatch patch, Consistency consistency) throws IOException {
        Outcome applied = process.apply(process.plan(patch), consistency);
        process.revert(patch.id());
        return applied;
    }

    private static void measure(Path demo, String threads, String kind) throws IOException {
        LivePatch patch = patch(demo);
        try (LaunchedProcess target = launch(demo, threads, kind);
                BufferedReader output = reader(target)) {
            output.readLine();
            String floor = floor(demo, target.pid());
            String withRegisters = floor(demo, target.pid(), "registers");
            List<Outcome> unchecked = new ArrayList<>();
            List<Outcome> checked = new ArrayList<>();
            try (LiveProcess process = LiveProcess.attach(target.pid())) {
                warmUp(process, patch);
                for (int i = 0; i < ROUNDS; i++) {
                    unchecked.add(round(process, patch, Consistency.none()));
                    checked.add(round(process, patch, Consistency.DEFAULT));
                }
            }
            System.out.printf("%-12s %16s %16s %16s %16s %16s %18s%n", threads + " " + kind, floor, withRegisters,
                    summary(unchecked, Outcome::stop), summary(checked, Outcome::stop),
                    summary(checked, Outcome::borrowed), summary(checked, Outcome::total));
        }
    }

    /** Threads change one after the other: the stop of all threads, the longest stop of one thread, and the total time. */
    private static void measureByThread(Path demo, String threads, String kind) throws IOException {
        LivePatch patch = patch(demo);
        Consistency byThread = Consistency.perThread(PATIENCE);
        try (LaunchedProcess target = launch(demo, threads, kind);
                BufferedReader output = reader(target)) {
            output.readLine();
            List<Outcome> applied = new ArrayList<>();
            List<Outcome> reverted = new ArrayList<>();
            try (LiveProcess process = LiveProcess.attach(target.pid())) {
                warmUp(process, patch);
                for (int i = -LEAST_WARM_UP; i < ROUNDS; i++) {
                    Outcome there = process.apply(process.plan(patch), byThread);
                    Outcome back = process.revert(patch.id(), byThread);
                    if (i >= 0) {
                        applied.add(there);
                        reverted.add(back);
                    }
                }
            }
            System.out.printf("%-12s %16s %16s %18s %18s%n", threads + " " + kind, summary(applied, Outcome::stop),
                    summary(applied, Outcome::longest), summary(applied, Outcome::total),
                    summary(reverted, Outcome::total));
        }
    }

    private static void measureInside(Path demo, String threads) throws IOException {
        LivePatch patch = patch(demo);
        try (LaunchedProcess target = launch(demo, threads, "clock");
                BufferedReader output = reader(target)) {
            output.readLine();
            OutputStream input = target.input().orElseThrow();
            List<Outcome> outcomes = new ArrayList<>();
            List<Duration> gaps = new ArrayList<>();
            try (LiveProcess process = LiveProcess.attach(target.pid())) {
                warmUp(process, patch);
                for (int i = 0; i < ROUNDS; i++) {
                    var plan = process.plan(patch);
                    gap(input, output);
                    outcomes.add(process.apply(plan, Consistency.DEFAULT));
                    gaps.add(gap(input, output));
                    process.revert(patch.id());
                }
            }
            System.out.printf("%-12s %16s %16s%n", threads, summary(outcomes, Outcome::stop),
                    summary(gaps, Function.identity()));
        }
    }

    /**
     * The longest time that any thread could not read the clock, and all such times above 0.1 ms of all threads together: when
     * nothing is done, and by an apply into a fresh process without the stub.
     */
    private static void measureLoss(Path demo, String threads, String command)
            throws IOException, InterruptedException {
        List<Loss> nothing = new ArrayList<>();
        List<Loss> warm = new ArrayList<>();
        List<Loss> cold = new ArrayList<>();
        for (int i = 0; i < LOSSES; i++) {
            nothing.add(loss(demo, threads, pid -> Thread.sleep(QUIET)));
            warm.add(loss(demo, threads, pid -> {
                try (LiveProcess process = LiveProcess.attach(pid)) {
                    process.apply(patch(demo));
                }
            }));
            cold.add(loss(demo, threads, pid -> run(command, "apply", "-p", Integer.toString(pid), "--target",
                    "libgreeting.so", "--replace", "greeting=greeting_fixed", demo.resolve("fix.so").toString())));
        }
        System.out.printf("%-12s %16s %16s %16s %16s %16s %16s%n", threads, summary(nothing, Loss::longest),
                summary(nothing, Loss::sum), summary(warm, Loss::longest), summary(warm, Loss::sum),
                summary(cold, Loss::longest), summary(cold, Loss::sum));
    }

    /** What the threads of a process have lost. */
    private record Loss(Duration longest, Duration sum) {}

    /** Something that is done while a process is watched. */
    private interface Action {
        void run(int pid) throws IOException, InterruptedException;
    }

    private static Loss loss(Path demo, String threads, Action action) throws IOException, InterruptedException {
        try (LaunchedProcess target = launch(demo, threads, "busy"); BufferedReader output = reader(target)) {
            output.readLine();
            OutputStream input = target.input().orElseThrow();
            lost(input, output);
            action.run(target.pid());
            return lost(input, output);
        }
    }

    private static Loss lost(OutputStream input, BufferedReader output) throws IOException {
        input.write('\n');
        input.flush();
        String[] nanos = line(output).split(" ");
        return new Loss(Duration.ofNanos(Long.parseLong(nanos[0])), Duration.ofNanos(Long.parseLong(nanos[1])));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + ": " + output);
        }
    }

    private static void warmUp(LiveProcess process, LivePatch patch) throws IOException {
        long end = System.nanoTime() + WARM_UP.toNanos();
        for (int i = 0; i < LEAST_WARM_UP || System.nanoTime() - end < 0; i++) {
            round(process, patch, i % 2 == 0 ? Consistency.none() : Consistency.DEFAULT);
        }
    }

    private static LivePatch patch(Path demo) {
        return LivePatch.of(demo.resolve("fix.so")).target("libgreeting.so").replace("greeting", "greeting_fixed");
    }

    /** The program creates the threads besides its main thread. */
    private static LaunchedProcess launch(Path demo, String threads, String kind) {
        return LiveProcess.launch(demo.resolve("threads").toString(), Integer.toString(Integer.parseInt(threads) - 1),
                kind);
    }

    /** The longest time without a reading of the clock since the last query. */
    private static Duration gap(OutputStream input, BufferedReader output) throws IOException {
        input.write('\n');
        input.flush();
        return Duration.ofNanos(Long.parseLong(line(output)));
    }

    private static String floor(Path demo, int pid, String... options) throws IOException {
        List<String> command = new ArrayList<>(
                List.of(demo.resolve("floor").toString(), Integer.toString(pid), Integer.toString(ROUNDS)));
        command.addAll(List.of(options));
        try (LaunchedProcess floor = new Launcher(command.toArray(String[]::new)).start();
                BufferedReader output = reader(floor)) {
            String[] nanos = line(output).split(" ");
            return summary(Long.parseLong(nanos[0]) / 1000, Long.parseLong(nanos[1]) / 1000);
        }
    }

    private static String line(BufferedReader output) throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the measured program has ended");
        }
        return line.strip();
    }

    private static BufferedReader reader(LaunchedProcess process) {
        return new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
    }

    private static <T> String summary(List<T> values, Function<T, Duration> time) {
        List<Long> micros = values.stream().map(value -> time.apply(value).toNanos() / 1000).sorted().toList();
        return summary(micros.get(micros.size() / 2), micros.getFirst());
    }

    private static String summary(long median, long minimum) {
        return median + " (" + minimum + ")";
    }
}
