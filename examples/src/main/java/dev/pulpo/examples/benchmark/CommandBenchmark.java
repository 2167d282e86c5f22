package dev.pulpo.examples.benchmark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Measures commands, each of which starts a JVM of its own. */
final class CommandBenchmark {
    private static final int THREADS = 100;

    private final Demo demo;
    private final Path command;
    private final Path work;
    private final Sizes sizes;
    private final Limits limits;

    /** @param work a directory for files */
    CommandBenchmark(Demo demo, Path command, Path work, Sizes sizes, Limits limits) {
        this.demo = demo;
        this.command = command;
        this.work = work;
        this.sizes = sizes;
        this.limits = limits;
    }

    /** The command that applies a patch to a process. */
    static List<String> apply(Path command, String process, List<String> patch, String... options) {
        return Stream.of(List.of(command.toString(), "apply", "-p", process), List.of(options), patch)
                .flatMap(List::stream).toList();
    }

    /** A JVM of the same JDK, with the options of the commands, that does nothing. */
    List<String> emptyJvm() throws IOException {
        String name = Nothing.class.getName();
        Path file = work.resolve(name.replace('.', '/') + ".class");
        if (Files.notExists(file)) {
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            try (InputStream in = Objects
                    .requireNonNull(Nothing.class.getResourceAsStream(Nothing.class.getSimpleName() + ".class"))) {
                Files.copy(in, file);
            }
        }
        return List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xlog:disable", "-cp", work.toString(), name);
    }

    /** Each command from start to end, beside an empty JVM. */
    Grid commands() throws InterruptedException {
        String floor = "empty JVM";
        Grid.Builder grid = new Grid.Builder("Commands, from start to end", "", Spread.Unit.TIME,
                List.of(new Grid.Column(floor, ""), new Grid.Column("pulpo stub", floor),
                        new Grid.Column("pulpo patches -p", floor), new Grid.Column("pulpo apply", floor)),
                limits);
        return grid.row("one process", () -> {
            Spread empty = Programs.repeat(sizes.commands(), () -> Programs.run(emptyJvm()).time());
            Spread stub = Programs.repeat(sizes.commands(), () -> Programs.run(command.toString(), "stub").time());
            Spread patches;
            try (Target target = demo.threads(1, "sleep")) {
                String pid = Integer.toString(target.pid());
                patches = Programs.repeat(sizes.commands(),
                        () -> Programs.run(command.toString(), "patches", "-p", pid).time());
            }
            Spread apply = Programs.repeat(sizes.commands(), () -> {
                try (Target target = demo.threads(1, "sleep")) {
                    return Programs.run(apply(command, Integer.toString(target.pid()), demo.patchArguments())).time();
                }
            });
            return List.of(empty, stub, patches, apply);
        }).build();
    }

    /** The stop of the command, beside that of a C program that also has just started. */
    Grid coldStop() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("The stop of an apply, by the command", "threads", Spread.Unit.TIME,
                List.of(new Grid.Column("ptrace in C, first stop", ""),
                        new Grid.Column("stop, checked", "ptrace in C, first stop")),
                limits);
        return grid.row(THREADS + " sleep", () -> coldStop("sleep")).row(THREADS + " spin", () -> coldStop("spin"))
                .build();
    }

    private List<Spread> coldStop(String kind) throws IOException, InterruptedException {
        List<Spread> floors = new ArrayList<>();
        List<Double> stops = new ArrayList<>();
        for (int i = 0; i < sizes.commands(); i++) {
            try (Target target = demo.threads(THREADS, kind)) {
                floors.add(demo.floor(target.pid(), 1, "registers"));
                String json = Programs.run(apply(command, Integer.toString(target.pid()), demo.patchArguments(),
                        "--json")).output();
                stops.add(number(json, "stopMicros") * 1000);
            }
        }
        return List.of(Spread.of(floors.stream().map(Spread::median).toList()), Spread.of(stops));
    }

    /** The first number of this name in a JSON text. */
    private static double number(String json, String name) throws IOException {
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME && name.equals(parser.currentName())) {
                    parser.nextToken();
                    return parser.getDoubleValue();
                }
            }
        }
        throw new IOException("no " + name + " in " + json);
    }

    /** The system calls of commands, as strace counts them, all threads of the JVM included. */
    Grid systemCalls() throws InterruptedException {
        Grid.Builder grid = new Grid.Builder("System calls of an apply, by the command", "threads", Spread.Unit.COUNT,
                Grid.Column.named("empty JVM", "pulpo apply", "of them ptrace", "of them wait"), limits);
        for (int threads : List.of(1, THREADS + 1)) {
            grid.row(threads, () -> {
                if (Stream.of(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
                        .noneMatch(directory -> Files.isExecutable(Path.of(directory, "strace")))) {
                    throw new Limits.NotHereException("strace is not installed");
                }
                try (Target target = demo.threads(threads, "sleep")) {
                    Map<String, Long> calls = calls(
                            apply(command, Integer.toString(target.pid()), demo.patchArguments()));
                    return Stream.of(calls(emptyJvm()).values().stream().mapToLong(count -> count).sum(),
                            calls.values().stream().mapToLong(count -> count).sum(),
                            calls.getOrDefault("ptrace", 0L),
                            calls.getOrDefault("wait4", 0L) + calls.getOrDefault("waitid", 0L)).map(Spread::once)
                            .toList();
                }
            });
        }
        return grid.build();
    }

    /** How often a program calls what. */
    private Map<String, Long> calls(List<String> program) throws IOException, InterruptedException {
        Path counts = Files.createTempFile(work, "strace", ".txt");
        Programs.run(Stream.of(List.of("strace", "-f", "-c", "-U", "calls,name", "-o", counts.toString()), program)
                .flatMap(List::stream).toList());
        try (Stream<String> lines = Files.lines(counts)) {
            return lines.map(line -> line.strip().split(" +")).filter(words -> words.length == 2
                    && words[0].matches("\\d+") && !words[1].equals("total"))
                    .collect(Collectors.toMap(words -> words[1], words -> Long.parseLong(words[0])));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }
}
