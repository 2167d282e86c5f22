package dev.pulpo.engine.container;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A target, a patch and a description in a directory of the test. */
final class Samples {
    final Path directory;
    final Path target;
    final Path patch;

    Samples(Path directory) throws IOException {
        this.directory = directory;
        target = build("libtarget.so.1", "target.c", "-fpatchable-function-entry=16,14", "-Wl,-soname,libtarget.so.1");
        patch = build("patch.so", "patch.c");
    }

    private Path build(String output, String source, String... options) throws IOException {
        try (InputStream in = Samples.class.getResourceAsStream("/containers/" + source)) {
            Files.write(directory.resolve(source), in.readAllBytes());
        }
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-shared", "-fPIC", "-Wl,--build-id=sha1", "-o",
                output, source));
        command.addAll(List.of(options));
        run(command.toArray(String[]::new));
        return directory.resolve(output);
    }

    /** A description of the patch for the target, with these lines behind that. */
    Path description(String... lines) throws IOException {
        return Files.writeString(directory.resolve("patch.dsc"),
                patch + "\n@" + target + "\n" + String.join("\n", lines) + "\n");
    }

    /** A copy of the patch under another name. */
    Path copy(String name) throws IOException {
        return Files.copy(patch, directory.resolve(name));
    }

    /** Runs a program and returns its output, errors included; fails where its status is not 0. */
    String run(String... command) throws IOException {
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (process.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + ": status " + process.exitValue() + "\n" + output);
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
        return output;
    }
}
