package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.engine.Replacement;
import dev.pulpo.engine.Transaction;
import dev.pulpo.engine.TransactionReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Measures what grows with the number of processes that are patched together, with the code of a library, with the patches in
 * a process and with its libraries.
 */
final class ScalingBenchmark {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Consistency CONSISTENCY = Consistency.functionQuiescent(PATIENCE);
    /** Functions in a megabyte of code, of which each has about five kilobytes. */
    private static final int FUNCTIONS_OF_A_MEGABYTE = 200;
    /** Instructions of four bytes. */
    private static final int FILLING = (1 << 20) / FUNCTIONS_OF_A_MEGABYTE / 4;

    private final GeneratedCode code;
    private final Path command;
    private final Sizes sizes;
    private final Limits limits;

    ScalingBenchmark(GeneratedCode code, Path command, Sizes sizes, Limits limits) {
        this.code = code;
        this.command = command;
        this.sizes = sizes;
        this.limits = limits;
    }

    /** All processes of a name get a patch together, or are listed. */
    Grid processes() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Processes of one name", "processes", Spread.Unit.TIME,
                Grid.Column.named("pulpo apply --all", "apply, warm", "pulpo patches -p", "patches, warm"), limits);
        for (int count : sizes.processes()) {
            grid.row(count, () -> processes(count));
        }
        return grid.build();
    }

    private List<Spread> processes(int count) throws Exception {
        Room.forProcesses(count);
        // A name of its own: the programs of the demo may run for others, too.
        Path program = code.directory().resolve("pb" + ProcessHandle.current().pid());
        if (Files.notExists(program)) {
            Files.copy(Path.of(code.demo().program("threads")), program);
        }
        String name = String.valueOf(program.getFileName());
        LivePatch patch = code.demo().patch();
        List<Target> targets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                targets.add(Target.start(program.toString(), "0", "sleep"));
            }
            List<Duration> cold = new ArrayList<>();
            List<Duration> warm = new ArrayList<>();
            for (int i = 0; i < sizes.commands(sizes.processes(), count); i++) {
                cold.add(Programs.run(CommandBenchmark.apply(command, name, code.demo().patchArguments(), "--all",
                        "--timeout", PATIENCE.toSeconds() + "s")).time());
                revert(name, patch.id());
                warm.add(Programs.time(() -> onAll(name, processes -> apply(processes, patch))));
                if (i + 1 < sizes.commands(sizes.processes(), count)) {
                    revert(name, patch.id());
                }
            }
            int rounds = sizes.commands(sizes.processes(), count);
            Spread list = Programs.repeat(rounds,
                    () -> Programs.run(command.toString(), "patches", "-p", name).time());
            Spread listWarm = Programs.repeat(rounds, () -> Programs.time(() -> onAll(name,
                    processes -> requireAll(processes.stream().filter(each -> each.patches().size() == 1).count(),
                            count))));
            return List.of(Spread.of(cold, time -> time), Spread.of(warm, time -> time), list, listWarm);
        } finally {
            targets.forEach(Target::close);
        }
    }

    private static void requireAll(long found, int count) {
        if (found != count) {
            throw new IllegalStateException("only " + found + " of " + count + " processes have the patch");
        }
    }

    private interface WorkOnAll {
        void run(List<LiveProcess> processes) throws IOException;
    }

    /** Finds the processes of a name, attaches to them all, and closes them afterwards. */
    private static void onAll(String name, WorkOnAll work) throws IOException {
        List<LiveProcess> attached = new ArrayList<>();
        try {
            for (int pid : new ProcessFilter(Optional.of(name), Optional.empty()).find()) {
                attached.add(LiveProcess.attach(pid));
            }
            work.run(attached);
        } finally {
            attached.forEach(LiveProcess::close);
        }
    }

    private static void apply(List<LiveProcess> processes, LivePatch patch) throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            plans.put(process, List.of(process.plan(patch)));
        }
        require(Transaction.apply(plans, CONSISTENCY));
    }

    private static void revert(String name, PatchId patch) throws IOException {
        onAll(name, processes -> {
            Map<LiveProcess, List<PatchId>> patches = new LinkedHashMap<>();
            processes.forEach(process -> patches.put(process, List.of(patch)));
            require(Transaction.revert(patches, CONSISTENCY));
        });
    }

    private static void require(TransactionReport report) {
        if (report.failure().isPresent()) {
            throw report.failure().get();
        }
    }

    /** Code of a library: the larger it is, the more may jump into a function, or be called by it. */
    Grid codeSize() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Code of the patched library, in a warm JVM", "MB", Spread.Unit.TIME,
                Grid.Column.named("first plan", "next plan", "stop", "apply"), limits);
        for (int megabytes : sizes.megabytes()) {
            grid.row(megabytes, () -> {
                GeneratedCode.Library library = code.library(megabytes * FUNCTIONS_OF_A_MEGABYTE, FILLING);
                try (Target target = library.host()) {
                    return plansAndStops(target, library.patch().replace(List.of(GeneratedCode.replacement(0))),
                            sizes.commands(sizes.megabytes(), megabytes));
                }
            });
        }
        return grid.build();
    }

    /** The first plan of a process that is attached anew, the next, and the apply. */
    private static List<Spread> plansAndStops(Target target, LivePatch patch, int rounds)
            throws IOException, InterruptedException {
        List<Duration> first = new ArrayList<>();
        List<Duration> next = new ArrayList<>();
        List<Outcome> applied = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            long began = System.nanoTime();
            try (LiveProcess process = LiveProcess.attach(target.pid())) {
                PatchPlan plan = process.plan(patch);
                first.add(Duration.ofNanos(System.nanoTime() - began));
                next.add(Programs.time(() -> process.plan(patch)));
                applied.add(process.apply(plan, CONSISTENCY));
                process.revert(patch.id());
            }
        }
        return List.of(Spread.of(first, time -> time), Spread.of(next, time -> time),
                Spread.of(applied, Outcome::stop), Spread.of(applied, Outcome::total));
    }

    /** Libraries that have nothing to do with the patch. */
    Grid libraries() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Loaded libraries, in a warm JVM", "libraries", Spread.Unit.TIME,
                Grid.Column.named("first plan", "next plan", "stop", "apply"), limits);
        for (int count : sizes.libraries()) {
            grid.row(count, () -> {
                Room.forLibraries(count);
                GeneratedCode.Library library = code.library(1, 0);
                try (Target target = library.host(code.copies(count))) {
                    return plansAndStops(target, library.patch().replace(List.of(GeneratedCode.replacement(0))),
                            sizes.commands(sizes.libraries(), count));
                }
            });
        }
        return grid.build();
    }

    /** Patches in one process: what one more costs, and what it takes to list them. */
    Grid patches() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Patches in a process, in a warm JVM", "patches", Spread.Unit.TIME,
                Grid.Column.named("list", "apply one more", "its stop", "revert it"), limits);
        for (int count : sizes.patches()) {
            grid.row(count, () -> patches(count));
        }
        return grid.build();
    }

    private List<Spread> patches(int count) throws IOException, InterruptedException {
        GeneratedCode.Library library = code.library(count + 1, 0);
        List<LivePatch> all = Stream.iterate(0, i -> i + 1).limit(count)
                .map(i -> patch(library, GeneratedCode.replacement(i))).toList();
        LivePatch more = patch(library, GeneratedCode.replacement(count));
        int rounds = sizes.commands(sizes.patches(), count);
        List<Duration> lists = new ArrayList<>();
        List<Outcome> applied = new ArrayList<>();
        List<Outcome> reverted = new ArrayList<>();
        try (Target target = library.host(); LiveProcess process = LiveProcess.attach(target.pid())) {
            for (LivePatch patch : all) {
                process.apply(patch, CONSISTENCY);
            }
            for (int i = 0; i < rounds; i++) {
                try (LiveProcess other = LiveProcess.attach(target.pid())) {
                    lists.add(Programs.time(() -> requireAll(other.patches().size(), count)));
                }
                applied.add(process.apply(more, CONSISTENCY));
                reverted.add(process.revert(more.id()));
            }
        }
        return List.of(Spread.of(lists, time -> time), Spread.of(applied, Outcome::total),
                Spread.of(applied, Outcome::stop), Spread.of(reverted, Outcome::total));
    }

    private static LivePatch patch(GeneratedCode.Library library, Replacement replacement) {
        return library.patch().replace(List.of(replacement));
    }
}
