package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;

/**
 * Measures how long patching stops a process, for several numbers of threads, in a warm JVM. A C program stops and releases
 * the same process in the same run, for comparison. A second table is about threads that change one by one. A third measures
 * from inside the process: one of its threads reads the clock all the time. The last tells what the threads of a busy process
 * lose, by a patch in the warm JVM and by the command, which starts a JVM of its own.
 */
public final class StopBenchmark {
    private static final int LEAST_WARM_UP = 20;
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** What the command takes at least, for comparison with a process that nothing is done to. */
    private static final Duration QUIET = Duration.ofMillis(300);
    private static final List<Integer> BUSY_THREADS = List.of(1, 2, 16);
    private static final int SPINNING = 100;

    private final Demo demo;
    private final Path command;
    private final Sizes sizes;
    private final Limits limits;

    StopBenchmark(Demo demo, Path command, Sizes sizes, Limits limits) {
        this.demo = demo;
        this.command = command;
        this.sizes = sizes;
        this.limits = limits;
    }

    /** Runs with the directory of the built demo, and the command, as its arguments. */
    public static void main(String[] arguments) throws Exception {
        Sizes sizes = Sizes.TABLES;
        StopBenchmark benchmark = new StopBenchmark(new Demo(Path.of(arguments[0])), Path.of(arguments[1]), sizes,
                new Limits(sizes.limit(), begun -> {}));
        for (Callable<Grid> table : List.<Callable<Grid>>of(benchmark::stops, benchmark::byThread, benchmark::inside,
                benchmark::losses)) {
            Grid grid = table.call();
            grid.print(System.out);
            grid.requireComplete();
        }
    }

    /** The stop of an apply, beside the floor. */
    Grid stops() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("The stop of an apply, in a warm JVM", "threads", Spread.Unit.TIME,
                List.of(
                        new Grid.Column("ptrace in C", ""), new Grid.Column("C, registers", ""),
                        new Grid.Column("stop, unchecked", "ptrace in C"),
                        new Grid.Column("stop, checked", "C, registers"),
                        new Grid.Column("borrowed", ""), new Grid.Column("apply", "")),
                limits);
        for (int threads : sizes.threads()) {
            grid.row(threads, () -> stops(threads, "sleep", sizes.rounds(sizes.threads(), threads)));
        }
        return grid.row(SPINNING + " spin", () -> stops(SPINNING, "spin", sizes.spinRounds())).build();
    }

    private List<Spread> stops(int threads, String kind, int rounds) throws Exception {
        Room.forThreads(threads);
        LivePatch patch = demo.patch();
        try (Target target = demo.threads(threads, kind); LiveProcess process = LiveProcess.attach(target.pid())) {
            Spread floor = demo.floor(target.pid(), rounds);
            Spread withRegisters = demo.floor(target.pid(), rounds, "registers");
            warmUp(process, patch, rounds);
            List<Outcome> unchecked = new ArrayList<>();
            List<Outcome> checked = new ArrayList<>();
            for (int i = 0; i < rounds; i++) {
                unchecked.add(round(process, patch, Consistency.none()));
                checked.add(round(process, patch, Consistency.functionQuiescent(PATIENCE)));
            }
            return List.of(floor, withRegisters, Spread.of(unchecked, Outcome::stop),
                    Spread.of(checked, Outcome::stop), Spread.of(checked, Outcome::borrowed),
                    Spread.of(checked, Outcome::total));
        }
    }

    /** Applies and reverts a patch. */
    private static Outcome round(LiveProcess process, LivePatch patch, Consistency consistency) throws IOException {
        Outcome applied = process.apply(process.plan(patch), consistency);
        process.revert(patch.id());
        return applied;
    }

    /** What is measured once is not warmed up on that process; other processes have warmed up the JVM before. */
    private void warmUp(LiveProcess process, LivePatch patch, int rounds) throws IOException {
        long end = System.nanoTime() + sizes.warmUp().toNanos();
        for (int i = 0; rounds > 1 && (i < Math.min(LEAST_WARM_UP, rounds) || System.nanoTime() - end < 0); i++) {
            round(process, patch, i % 2 == 0 ? Consistency.none() : Consistency.DEFAULT);
        }
    }

    /** Threads change one after the other: the stop of all threads, the longest stop of one thread, and the total time. */
    Grid byThread() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Thread by thread, in a warm JVM", "threads", Spread.Unit.TIME,
                Grid.Column.named("stop", "stop of one thread", "apply", "revert"), limits);
        for (int threads : sizes.threads()) {
            grid.row(threads, () -> byThread(threads, "sleep", sizes.rounds(sizes.threads(), threads)));
        }
        return grid.row(SPINNING + " spin", () -> byThread(SPINNING, "spin", sizes.spinRounds())).build();
    }

    private List<Spread> byThread(int threads, String kind, int rounds) throws Exception {
        Room.forThreads(threads);
        LivePatch patch = demo.patch();
        Consistency byThread = Consistency.perThread(PATIENCE);
        List<Outcome> applied = new ArrayList<>();
        List<Outcome> reverted = new ArrayList<>();
        try (Target target = demo.threads(threads, kind); LiveProcess process = LiveProcess.attach(target.pid())) {
            for (int i = rounds == 1 ? 0 : -Math.min(LEAST_WARM_UP, rounds); i < rounds; i++) {
                Outcome there = process.apply(process.plan(patch), byThread);
                Outcome back = process.revert(patch.id(), byThread);
                if (i >= 0) {
                    applied.add(there);
                    reverted.add(back);
                }
            }
        }
        return List.of(Spread.of(applied, Outcome::stop), Spread.of(applied, Outcome::longest),
                Spread.of(applied, Outcome::total), Spread.of(reverted, Outcome::total));
    }

    /** The longest time that a thread could not read the clock. */
    Grid inside() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("The stop as a thread of the process sees it, in a warm JVM", "threads",
                Spread.Unit.TIME, Grid.Column.named("stop, checked", "seen from inside"), limits);
        for (int threads : sizes.threads().stream().map(threads -> Math.max(2, threads)).distinct().toList()) {
            grid.row(threads, () -> inside(threads, sizes.rounds(sizes.threads(), threads)));
        }
        return grid.build();
    }

    private List<Spread> inside(int threads, int rounds) throws Exception {
        Room.forThreads(threads);
        LivePatch patch = demo.patch();
        List<Outcome> outcomes = new ArrayList<>();
        List<Duration> gaps = new ArrayList<>();
        try (Target target = demo.threads(threads, "clock"); LiveProcess process = LiveProcess.attach(target.pid())) {
            warmUp(process, patch, rounds);
            for (int i = 0; i < rounds; i++) {
                PatchPlan plan = process.plan(patch);
                target.ask("");
                outcomes.add(process.apply(plan, Consistency.functionQuiescent(PATIENCE)));
                gaps.add(Duration.ofNanos(Long.parseLong(target.ask("")[0])));
                process.revert(patch.id());
            }
        }
        return List.of(Spread.of(outcomes, Outcome::stop), Spread.of(gaps, gap -> gap));
    }

    /**
     * The longest time that any thread could not read the clock, and all such times above 0.1 ms of all threads together: when
     * nothing is done, and by an apply into a fresh process without the stub.
     */
    Grid losses() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("What busy threads lose by an apply", "busy threads", Spread.Unit.TIME,
                Grid.Column.named("nothing: gap", "lost", "apply, warm: gap", "lost, warm", "command: gap",
                        "lost, command"),
                limits);
        for (int threads : BUSY_THREADS) {
            grid.row(Integer.toString(threads), () -> losses(threads));
        }
        return grid.build();
    }

    private List<Spread> losses(int threads) throws IOException, InterruptedException {
        List<Loss> nothing = new ArrayList<>();
        List<Loss> warm = new ArrayList<>();
        List<Loss> cold = new ArrayList<>();
        for (int i = 0; i < sizes.commands(); i++) {
            nothing.add(loss(threads, pid -> Thread.sleep(QUIET)));
            warm.add(loss(threads, pid -> {
                try (LiveProcess process = LiveProcess.attach(pid)) {
                    process.apply(demo.patch());
                }
            }));
            cold.add(loss(threads, pid -> Programs.run(CommandBenchmark.apply(command, Integer.toString(pid),
                    demo.patchArguments()))));
        }
        List<Spread> spreads = new ArrayList<>();
        for (List<Loss> losses : List.of(nothing, warm, cold)) {
            spreads.add(Spread.of(losses, Loss::longest));
            spreads.add(Spread.of(losses, Loss::sum));
        }
        return spreads;
    }

    /** What the threads of a process have lost. */
    record Loss(Duration longest, Duration sum) {
        /** Of a process that answers with them. */
        static Loss of(String... nanos) {
            return new Loss(Duration.ofNanos(Long.parseLong(nanos[0])), Duration.ofNanos(Long.parseLong(nanos[1])));
        }
    }

    /** Something that is done while a process is watched. */
    interface Action {
        void run(int pid) throws IOException, InterruptedException;
    }

    private Loss loss(int threads, Action action) throws IOException, InterruptedException {
        try (Target target = demo.threads(threads, "busy")) {
            return loss(target, action);
        }
    }

    /** What the threads of a process lose by an action. */
    static Loss loss(Target target, Action action) throws IOException, InterruptedException {
        target.ask("");
        action.run(target.pid());
        return Loss.of(target.ask(""));
    }
}
