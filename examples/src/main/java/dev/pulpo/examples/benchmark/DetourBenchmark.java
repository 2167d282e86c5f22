package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.Replacement;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;

/**
 * Measures what a detour costs per call, direct and through a trampoline, compared with an unpatched function of the same
 * process; what a probe that counts costs per call; what such jumps cost alone; and the time from "apply" to "in force" for
 * patches of many functions without prepared entries.
 */
public final class DetourBenchmark {
    private static final Duration BOUND = Duration.ofSeconds(30);

    private final Demo demo;
    private final Sizes sizes;
    private final Limits limits;

    DetourBenchmark(Demo demo, Sizes sizes, Limits limits) {
        this.demo = demo;
        this.sizes = sizes;
        this.limits = limits;
    }

    /** Runs with the directory of the built demo as its argument. */
    public static void main(String[] arguments) throws Exception {
        Demo demo = new Demo(Path.of(arguments[0]));
        Sizes sizes = Sizes.TABLES;
        DetourBenchmark benchmark = new DetourBenchmark(demo, sizes, new Limits(sizes.limit(), begun -> {}));
        for (Callable<Grid> table : List.<Callable<Grid>>of(() -> benchmark.calls(false),
                () -> benchmark.functions(new GeneratedCode(demo, WorkDirectory.create())))) {
            Grid grid = table.call();
            grid.print(System.out);
            grid.requireComplete();
        }
        jumps(demo);
    }

    /** Measures such jumps alone, without a detour, in a C program. */
    private static void jumps(Demo demo) throws IOException, InterruptedException {
        System.out.printf("%nsuch jumps by themselves, ns more than none: least (median)%n");
        System.out.print(Programs.run(demo.program("jumps")).output());
    }

    /** One call of a function, in each state. The library is near the patch, the program far from it. */
    Grid calls(boolean quick) throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("One call of a function", "", Spread.Unit.CALL,
                List.of(new Grid.Column("before", ""), new Grid.Column("another function", ""),
                        new Grid.Column("patched", "another function"), new Grid.Column("reverted", "before"),
                        new Grid.Column("counted by a probe", "another function")),
                limits);
        for (String kind : List.of("", "_prepared")) {
            grid.row("direct" + kind.replace('_', ' '), () -> calls("libmany.so", "lib", kind, quick));
            grid.row("far" + kind.replace('_', ' '), () -> calls("exe", "exe", kind, quick));
        }
        return grid.build();
    }

    private List<Spread> calls(String object, String where, String kind, boolean quick) throws IOException {
        String function = where + (kind.isEmpty() ? "_patched" : kind);
        String question = where + kind + (quick ? " short" : "");
        LivePatch patch = LivePatch.of(Path.of(demo.program("many_fix.so"))).target(object).replace(function, "fast");
        List<Spread> spreads = new ArrayList<>();
        try (Target target = Target.start(demo.program("calls"));
                LiveProcess process = LiveProcess.attach(target.pid())) {
            spreads.add(ask(target, question).getLast());
            process.apply(patch);
            spreads.addAll(ask(target, question));
            process.revert(patch.id());
            spreads.add(ask(target, question).getLast());
            try (LiveProbe probe = process.probe(Probe.counting(function).in(object))) {
                spreads.add(ask(target, question).getLast());
                if (probe.counts().total() == 0) {
                    throw new IllegalStateException("the probe has counted no call of " + function);
                }
            }
        }
        return spreads;
    }

    /** What another function costs, and the function. */
    private static List<Spread> ask(Target target, String question) throws IOException {
        double[] answer = Arrays.stream(target.ask(question)).mapToDouble(Double::parseDouble).toArray();
        int times = (int) answer[6];
        return List.of(new Spread(answer[0], answer[1], answer[2], times),
                new Spread(answer[3], answer[4], answer[5], times));
    }

    /** Patches of many functions. */
    Grid functions(GeneratedCode code) throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Functions in a patch, in a warm JVM", "functions", Spread.Unit.TIME,
                Grid.Column.named("plan", "stop", "apply", "revert"), limits);
        for (int count : sizes.functions()) {
            grid.row(count, () -> functions(code.library(count, 0), count));
        }
        return grid.build();
    }

    private List<Spread> functions(GeneratedCode.Library library, int count) throws IOException, InterruptedException {
        List<Replacement> all = IntStream.range(0, count).mapToObj(GeneratedCode::replacement).toList();
        LivePatch patch = library.patch().replace(all);
        int rounds = sizes.rounds(sizes.functions(), count);
        List<Outcome> applied = new ArrayList<>();
        List<Outcome> reverted = new ArrayList<>();
        List<Duration> plans = new ArrayList<>();
        try (Target target = library.host(); LiveProcess process = LiveProcess.attach(target.pid())) {
            long warm = System.nanoTime() + (rounds == 1 ? 0 : sizes.warmUp().toNanos());
            while (applied.size() < rounds) {
                long began = System.nanoTime();
                PatchPlan plan = process.plan(patch);
                Duration planned = Duration.ofNanos(System.nanoTime() - began);
                Outcome there = process.apply(plan, Consistency.functionQuiescent(BOUND));
                Outcome back = process.revert(patch.id(), Consistency.functionQuiescent(BOUND));
                if (began - warm >= 0) {
                    applied.add(there);
                    reverted.add(back);
                    plans.add(planned);
                }
            }
        }
        return List.of(Spread.of(plans, plan -> plan), Spread.of(applied, Outcome::stop),
                Spread.of(applied, Outcome::total), Spread.of(reverted, Outcome::total));
    }
}
