package dev.pulpo.engine;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Tools that run as a user without any privileges. Needs root, and setpriv(1). */
final class OtherUser {
    private final int id;
    private final Path home;

    /** What a tool printed and how it ended. */
    record Result(int status, String output) {}

    /** @param directory to be used by this object alone; it becomes readable for all */
    OtherUser(int id, Path directory) throws IOException {
        this.id = id;
        home = Files.createDirectories(directory.resolve("user-" + id));
        open(directory);
        open(home);
        Files.setAttribute(home, "unix:uid", id);
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            // The product and its tests; where they are, other users may have no access to.
            if (entry.contains("/target/") || Files.isDirectory(Path.of(entry))) {
                copy(Path.of(entry), home.resolve(Integer.toString(entry.hashCode())));
            }
        }
    }

    private static void open(Path directory) throws IOException {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Path copy = to.resolve(from.relativize(file));
                Files.copy(file, copy);
                Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
            }
        }
    }

    /** The command with which this user starts a program. */
    List<String> command(List<String> program) {
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + id, "--regid=" + id, "--clear-groups", "--"));
        command.addAll(program);
        return command;
    }

    /** Runs a tool in a JVM of this user, to its end. */
    Result run(Class<?> tool, String... arguments) throws IOException, InterruptedException {
        return run(List.of(), tool, arguments);
    }

    /**
     * As the other.
     *
     * @param way what root runs, with the command that runs the tool behind it
     */
    Result run(List<String> way, Class<?> tool, String... arguments) throws IOException, InterruptedException {
        List<String> java = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp", classPath(), tool.getName()));
        java.addAll(Arrays.asList(arguments));
        List<String> command = new ArrayList<>(way);
        command.addAll(command(java));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("PULPO_CACHE", home.resolve("cache").toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly().waitFor();
        }
        return new Result(process.exitValue(), output);
    }

    private String classPath() throws IOException {
        try (Stream<Path> entries = Files.list(home)) {
            return String.join(File.pathSeparator, entries.map(Path::toString).toList());
        }
    }
}
