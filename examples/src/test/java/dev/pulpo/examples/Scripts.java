package dev.pulpo.examples;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** Runs the scripts of {@code examples/bin} as a user does, on the classes that are being tested. */
final class Scripts {
    static final Path MODULE = Path.of("").toAbsolutePath();
    static final Path DEMO = MODULE.resolve("target/demo");

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
        return run("",
                List.of("env", "PATH=" + MODULE.resolve("bin") + File.pathSeparator + System.getenv("PATH"), "sh",
                        script.toString()));
    }

    private static Result run(String input, List<String> command) throws IOException, InterruptedException {
        Path in = Files.createTempFile("pulpo", ".in");
        Path out = Files.createTempFile("pulpo", ".out");
        Path err = Files.createTempFile("pulpo", ".err");
        try {
            Files.writeString(in, input);
            ProcessBuilder builder = new ProcessBuilder(command).redirectInput(in.toFile())
                    .redirectOutput(out.toFile()).redirectError(err.toFile());
            builder.environment().put("PULPO_MODULE_PATH", modulePath());
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            Process process = builder.start();
            if (!process.waitFor(55, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
                throw new IllegalStateException(command + " takes too long: " + Files.readString(out));
            }
            return new Result(process.exitValue(), Files.readString(out), Files.readString(err));
        } finally {
            Files.delete(in);
            Files.delete(out);
            Files.delete(err);
        }
    }

    /** The modules of the product, out of the class path of the tests. */
    private static String modulePath() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith("/target/classes") || entry.contains("/pulpo-")
                        || entry.contains("/picocli-") || entry.contains("/jackson-core-"))
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
