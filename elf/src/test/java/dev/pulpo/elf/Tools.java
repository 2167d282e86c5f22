package dev.pulpo.elf;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The GNU tools, for tests that need files nobody would write by hand. */
final class Tools {
    private Tools() {}

    /** Builds a C file from the test resources. */
    static Path gcc(Path directory, String output, String resource, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of("gcc", "-O1", "-o", output, resource(directory, resource)));
        command.addAll(List.of(options));
        run(directory, command.toArray(String[]::new));
        return directory.resolve(output);
    }

    /** The sample as a shared library with versions and all. */
    static Path sample(Path directory, String output, String... options) throws IOException {
        List<String> all = new ArrayList<>(List.of("-shared", "-fPIC", "-nostdlib", "-DVERSIONS",
                "-fpatchable-function-entry=16,14", "-fcf-protection=full", "-Wl,--build-id=sha1",
                "-Wl,-soname,libsample.so.1", "-Wl,--version-script=" + resource(directory, "sample.map")));
        all.addAll(List.of(options));
        return gcc(directory, output, "sample.c", all.toArray(String[]::new));
    }

    static String resource(Path directory, String name) throws IOException {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            try (InputStream in = Tools.class.getResourceAsStream(name)) {
                if (in == null) {
                    throw new IOException("no test resource " + name);
                }
                Files.copy(in, file);
            }
        }
        return file.toString();
    }

    /** Runs a command and returns what it printed, errors included. */
    static String run(Path directory, String... command) throws IOException {
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        try (InputStream in = process.getInputStream()) {
            String output = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status != 0) {
                throw new IOException(String.join(" ", command) + ": exit status " + status + "\n" + output);
            }
            return output;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
