package dev.pulpo.engine;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Runs a tool in a JVM of its own, and kills it at one of its system calls on a target; killer.c says how. */
final class Killer {
    private final Path program;

    /** @param directory of the victims */
    Killer(Victims victims, Path directory) throws IOException, InterruptedException {
        try {
            Path source = Path.of(Objects.requireNonNull(Killer.class.getResource("/tools/killer.c")).toURI());
            Files.copy(source, directory.resolve("killer.c"), StandardCopyOption.REPLACE_EXISTING);
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
        program = victims.compiled("killer", "killer.c");
    }

    /** The command that runs a class in a JVM of its own. */
    static List<String> toolCommand(Class<?> tool, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
                "-cp", System.getProperty("java.class.path"), tool.getName()));
        command.addAll(arguments);
        return command;
    }

    /**
     * Runs it.
     *
     * @param pid  the target whose calls count
     * @param when which call, as killer.c describes it
     * @param tool its command
     * @return the killer's line
     */
    String run(int pid, String when, List<String> tool) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program.toString(), Integer.toString(pid), when));
        command.addAll(tool);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new IllegalStateException("the killer failed: " + output);
            }
            // The tool's complaints, if any, come before.
            List<String> lines = output.lines().toList();
            return lines.getLast() + (lines.size() > 1 ? " (" + lines.getFirst() + ")" : "");
        } finally {
            process.destroyForcibly();
        }
    }
}
