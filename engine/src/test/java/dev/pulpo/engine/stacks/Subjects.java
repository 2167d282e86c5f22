package dev.pulpo.engine.stacks;

import dev.pulpo.engine.Victims;
import dev.pulpo.engine.programs.Program;
import dev.pulpo.engine.programs.Soaks;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** The programs whose stacks are looked at, each busy in as many ways as possible. */
final class Subjects {
    static final List<String> NAMES = List.of("c", "c++", "c++-cet", "python", "jvm", "nginx", "redis", "postgres");

    private Subjects() {}

    static Subject start(String name, Path directory) throws Exception {
        return switch (name) {
            case "c" -> lazy(name, compiled(directory, "frames.c"));
            case "c++" ->
                lazy(name, compiled(directory, "throws.cc", "-fno-omit-frame-pointer", "-fcf-protection=none"));
            case "c++-cet" ->
                lazy(name, compiled(directory, "throws.cc", "-fomit-frame-pointer", "-fcf-protection=full"));
            case "python" -> running(name, new Launcher("/usr/bin/python3", "-u",
                    resource("threads.py", directory).toString()));
            case "jvm" -> running(name, new Launcher(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m", "-cp", System.getProperty("java.class.path"), BusyJvm.class.getName()));
            case "nginx", "redis" -> served(name, Soaks.start(name, directory, false));
            case "postgres" -> Postgres.start(directory);
            default -> throw new IllegalArgumentException("no program " + name + ", only " + NAMES);
        };
    }

    private static Path compiled(Path directory, String source, String... options) throws Exception {
        resource(source, directory);
        List<String> all = new ArrayList<>(List.of("-pthread", "-Wl,-z,lazy"));
        all.addAll(List.of(options));
        return new Victims(directory).compiled(source.substring(0, source.indexOf('.')), source,
                all.toArray(String[]::new));
    }

    private static Path resource(String name, Path directory) throws IOException {
        try (InputStream in = Subjects.class.getResourceAsStream("/stacks/" + name)) {
            Path file = directory.resolve(name);
            Files.write(file, Objects.requireNonNull(in).readAllBytes());
            return file;
        }
    }

    /** Its functions are looked up anew at every call (ld.so(8)), so that threads are in the resolver all the time. */
    private static Subject lazy(String name, Path program) throws IOException {
        return running(name, new Launcher(program.toString()).environment("LD_BIND_NOT", "1"));
    }

    /** A program that says when it is busy. */
    private static Subject running(String name, Launcher launcher) throws IOException {
        LaunchedProcess process = launcher.start();
        String first = new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8))
                .readLine();
        if (!"ready".equals(first)) {
            process.close();
            throw new IOException(name + " said " + first);
        }
        return new Subject(name, () -> List.of(process.pid()),
                () -> process.isAlive() ? "" : "it has ended: " + process.waitFor(), process::close);
    }

    private static Subject served(String name, Program program) {
        return new Subject(name, () -> List.of(program.pid()), program::failures, program::close);
    }
}
