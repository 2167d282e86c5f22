package dev.pulpo.examples;

import java.io.File;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/** Runs the scripts of {@code examples/bin} as a user does, on the classes that are being tested. */
final class Scripts {
    static final Path MODULE = Path.of("").toAbsolutePath();
    static final Path DEMO = MODULE.resolve("target/demo");

    /** A script that takes longer hangs. */
    private static final long PATIENCE_SECONDS = 240;

    private Scripts() {}

    /** What a program printed and how it ended. */
    record Result(int status, String output, String errors) {}

    static Result pulpo(String... arguments) throws IOException, InterruptedException {
        return run("", "pulpo", arguments);
    }

    static Result run(String input, String script, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(MODULE.resolve("bin").resolve(script).toString()));
        command.addAll(List.of(arguments));
        return run(input, command);
    }

    /** Runs a script of somebody else, with those of {@code examples/bin} on the path. */
    static Result shell(Path script) throws IOException, InterruptedException {
        return command("sh", script.toString());
    }

    /** Runs a command of somebody else, with the scripts of {@code examples/bin} on the path. */
    static Result command(String... command) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(
                List.of("env", "PATH=" + MODULE.resolve("bin") + File.pathSeparator + System.getenv("PATH")));
        all.addAll(List.of(command));
        return run("", all);
    }

    /** Skips the test unless these commands are there; in CI, which installs them, their absence is a failure. */
    static void need(String... commands) {
        List<String> missing = Arrays.stream(commands).filter(command -> Arrays
                .stream(System.getenv("PATH").split(File.pathSeparator))
                .noneMatch(directory -> Files.isExecutable(Path.of(directory, command)))).toList();
        if (System.getenv("CI") != null) {
            Assertions.assertThat(missing).as("to be installed").isEmpty();
        }
        Assumptions.assumeTrue(missing.isEmpty(), "not installed here: " + missing);
    }

    /**
     * Runs a script and types a line whenever it has shown its prompt.
     *
     * @return what it has printed, and its status
     */
    static Result converse(String script, String prompt, List<String> lines) throws IOException, InterruptedException {
        Path err = Files.createTempFile("pulpo", ".err");
        Process process = builder(List.of(MODULE.resolve("bin").resolve(script).toString()))
                .redirectError(err.toFile()).start();
        CompletableFuture<Process> end = process.onExit().orTimeout(PATIENCE_SECONDS, TimeUnit.SECONDS);
        end.exceptionally(tooLong -> {
            end(process);
            return process;
        });
        try (Reader output = process.inputReader(StandardCharsets.UTF_8); Writer input = process.outputWriter()) {
            StringBuilder said = new StringBuilder();
            Iterator<String> next = lines.iterator();
            for (int character = output.read(); character >= 0; character = output.read()) {
                said.append((char) character);
                if (next.hasNext() && said.length() >= prompt.length()
                        && said.substring(said.length() - prompt.length()).equals(prompt)) {
                    input.write(next.next() + "\n");
                    input.flush();
                }
            }
            return new Result(process.waitFor(), said.toString(), Files.readString(err));
        } finally {
            end(process);
            process.waitFor();
            Files.delete(err);
        }
    }

    /**
     * Starts the command line and does not wait for it.
     *
     * @param log       gets its output and its messages
     * @param arguments its own, after variables of the environment such as {@code NAME=VALUE}
     */
    static Process start(Path log, String... arguments) throws IOException {
        List<String> variables = Arrays.stream(arguments).takeWhile(argument -> argument.matches("[A-Z_]+=.*"))
                .toList();
        List<String> command = new ArrayList<>(List.of(MODULE.resolve("bin/pulpo").toString()));
        command.addAll(Arrays.asList(arguments).subList(variables.size(), arguments.length));
        ProcessBuilder builder = builder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        variables.forEach(variable -> builder.environment().put(variable.substring(0, variable.indexOf('=')),
                variable.substring(variable.indexOf('=') + 1)));
        return builder.start();
    }

    private static void end(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static ProcessBuilder builder(List<String> command) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("PULPO_MODULE_PATH", modulePath());
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        return builder;
    }

    private static Result run(String input, List<String> command) throws IOException, InterruptedException {
        Path in = Files.createTempFile("pulpo", ".in");
        Path out = Files.createTempFile("pulpo", ".out");
        Path err = Files.createTempFile("pulpo", ".err");
        try {
            Files.writeString(in, input);
            Process process = builder(command).redirectInput(in.toFile()).redirectOutput(out.toFile())
                    .redirectError(err.toFile()).start();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                end(process);
                process.waitFor();
                throw new IllegalStateException(command + " takes too long: " + Files.readString(out));
            }
            Result result = new Result(process.exitValue(), Files.readString(out), Files.readString(err));
            Schemas.check(command, result.output);
            return result;
        } finally {
            Files.delete(in);
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** The modules of the product, out of the class path of the tests. */
    private static String modulePath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith("/classes") || entry.contains("/pulpo-")
                        || entry.matches(".*/(picocli|jackson-core-2|bcpg|bcprov|bcutil|prometheus-metrics)[^/]*"))
                .collect(Collectors.joining(File.pathSeparator));
    }

    static void buildDemo() throws IOException, InterruptedException {
        Process build = new ProcessBuilder(MODULE.resolve("demo/build.sh").toString(), DEMO.toString())
                .redirectErrorStream(true).start();
        String log = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (build.waitFor() != 0) {
            throw new IllegalStateException(log);
        }
    }
}
