package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.ffm.Launcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The peer: libpulp's own tool and library, where they are built. The variable {@code LIBPULP_ULP} names the tool.
 *
 * @param ulp     the tool
 * @param library what processes have to be started with
 * @param patch   the demo's patch as a container, which it takes
 */
record Libpulp(Demo demo, Path ulp, Path library, Path patch, Sizes sizes) {
    static final String VARIABLE = "LIBPULP_ULP";

    private static final int MOST_THREADS = 1000;
    private static final int MOST_PROCESSES = 50;
    /** Where the library is from the tool: as installed, and as built. */
    private static final List<String> LIBRARIES = List.of("../../lib/libpulp.so.0", "../../lib64/libpulp.so.0",
            "../lib/.libs/libpulp.so.0", "../../lib/.libs/libpulp.so.0");

    /**
     * Finds it and makes a patch for it.
     *
     * @param packed the file that the patch is packed into
     * @throws Limits.NotHereException where it is not built, with the reason
     */
    static Libpulp find(Demo demo, Path packed, Sizes sizes)
            throws Limits.NotHereException, IOException, InterruptedException {
        String named = Objects.requireNonNullElse(System.getenv(VARIABLE), "");
        if (named.isEmpty()) {
            throw new Limits.NotHereException("libpulp is not measured: the variable " + VARIABLE + " names no ulp");
        }
        Path ulp = Path.of(named).toAbsolutePath().normalize();
        if (!Files.isExecutable(ulp)) {
            throw new Limits.NotHereException("libpulp is not measured: " + ulp + " is not executable");
        }
        Optional<Path> library = LIBRARIES.stream().map(place -> ulp.resolve(place).normalize())
                .filter(Files::isReadable).findFirst();
        if (library.isEmpty()) {
            throw new Limits.NotHereException("libpulp is not measured: no libpulp.so.0 near " + ulp);
        }
        Files.copy(Path.of(demo.program("fix.so")), packed);
        Path description = Files.writeString(packed.resolveSibling("packed.dsc"),
                packed + "\n@" + demo.program("libgreeting.so") + "\ngreeting:greeting_fixed\n");
        Programs.run(ulp.toString(), "packer", "-l", packed.toString(), description.toString());
        return new Libpulp(demo, ulp, library.get(), packed, sizes);
    }

    /** Pulpo's command beside it, each on processes of its own, with the library of each. */
    Grid beside(Path command, Limits limits) throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("Pulpo's command beside libpulp's", "", Spread.Unit.TIME,
                List.of(new Grid.Column("pulpo", "ulp"), new Grid.Column("ulp", "")), limits);
        List<Tool> tools = List.of(new Pulpo(command), new Theirs());
        for (int threads : sizes.threads().stream().filter(count -> count > 1 && count <= MOST_THREADS).toList()) {
            grid.row("apply, seen from inside, " + threads + " threads",
                    () -> each(tools, sizes.commands(), tool -> gap(tool, threads)));
        }
        grid.row("apply, from start to end", () -> each(tools, sizes.commands(), tool -> apply(tool, 1)));
        for (int processes : sizes.processes().stream().filter(count -> count > 1 && count <= MOST_PROCESSES)
                .toList()) {
            grid.row("apply to " + processes + " processes by name",
                    () -> each(tools, sizes.commands(), tool -> apply(tool, processes)));
        }
        grid.row("list, from start to end", () -> each(tools, sizes.commands(), tool -> list(tool, 1)));
        return grid.row("list " + MOST_PROCESSES + " processes",
                () -> each(tools, sizes.commands(), tool -> list(tool, MOST_PROCESSES))).build();
    }

    private interface Case {
        Duration run(Tool tool) throws IOException, InterruptedException;
    }

    /** Both take turns, so that whatever else the machine does meets both. */
    private static List<Spread> each(List<Tool> tools, int rounds, Case one) throws IOException, InterruptedException {
        List<List<Duration>> times = tools.stream().<List<Duration>>map(tool -> new ArrayList<>()).toList();
        for (int i = 0; i < rounds; i++) {
            for (int tool = 0; tool < tools.size(); tool++) {
                times.get(tool).add(one.run(tools.get(tool)));
            }
        }
        return times.stream().map(all -> Spread.of(all, time -> time)).toList();
    }

    /** The longest time that a thread could not read the clock, while the command applies a patch. */
    private Duration gap(Tool tool, int threads) throws IOException, InterruptedException {
        try (Target target = Target
                .start(tool.start(demo.program("threads"), Integer.toString(threads - 1), "clock"))) {
            target.ask("");
            tool.apply(Integer.toString(target.pid()));
            return Duration.ofNanos(Long.parseLong(target.ask("")[0]));
        }
    }

    private Duration apply(Tool tool, int processes) throws IOException, InterruptedException {
        return withProcesses(tool, processes, tool::apply);
    }

    private Duration list(Tool tool, int processes) throws IOException, InterruptedException {
        return withProcesses(tool, processes, tool::list);
    }

    private interface ByName {
        Duration run(String name) throws IOException, InterruptedException;
    }

    private Duration withProcesses(Tool tool, int count, ByName work) throws IOException, InterruptedException {
        // A name of its own: the programs of the demo may run for others, too.
        Path program = patch.resolveSibling("pl" + ProcessHandle.current().pid());
        if (Files.notExists(program)) {
            Files.copy(Path.of(demo.program("threads")), program);
        }
        List<Target> targets = new ArrayList<>();
        try {
            for (int i = 0; i < count; i++) {
                targets.add(Target.start(tool.start(program.toString(), "0", "sleep")));
            }
            return work.run(String.valueOf(program.getFileName()));
        } finally {
            targets.forEach(Target::close);
        }
    }

    private sealed interface Tool {
        /** A program that it can patch. */
        Launcher start(String program, String... arguments);

        Duration apply(String process) throws IOException, InterruptedException;

        Duration list(String process) throws IOException, InterruptedException;
    }

    private final class Pulpo implements Tool {
        private final Path command;

        Pulpo(Path command) {
            this.command = command;
        }

        @Override
        public Launcher start(String program, String... arguments) {
            return LiveProcess.launcher(words(program, arguments));
        }

        @Override
        public Duration apply(String process) throws IOException, InterruptedException {
            // Of a name, all processes; an id is one.
            return Programs.run(process.matches("[0-9]+")
                    ? CommandBenchmark.apply(command, process, demo.patchArguments())
                    : CommandBenchmark.apply(command, process, demo.patchArguments(), "--all")).time();
        }

        @Override
        public Duration list(String process) throws IOException, InterruptedException {
            return Programs.run(command.toString(), "patches", "-p", process).time();
        }
    }

    private final class Theirs implements Tool {
        @Override
        public Launcher start(String program, String... arguments) {
            return new Launcher(words(program, arguments)).environment("LD_PRELOAD", library.toString());
        }

        @Override
        public Duration apply(String process) throws IOException, InterruptedException {
            Programs.Run run = Programs.run(ulp.toString(), "trigger", "-p", process, patch.toString());
            // Its status is 0 also where a patch has failed.
            if (!run.output().contains("SUCCESS") || run.output().contains("FAIL")) {
                throw new IOException("ulp trigger: " + run.output().strip());
            }
            return run.time();
        }

        @Override
        public Duration list(String process) throws IOException, InterruptedException {
            return Programs.run(ulp.toString(), "patches", "-p", process).time();
        }
    }

    private static List<String> words(String program, String... arguments) {
        return Stream.concat(Stream.of(program), Stream.of(arguments)).toList();
    }
}
