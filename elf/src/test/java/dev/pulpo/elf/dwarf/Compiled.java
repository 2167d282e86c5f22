package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.Needed;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Programs compiled for a test, and what tools say of them. */
final class Compiled {
    private Compiled() {}

    /** Compiles a source from the test resources; gives the program's path. C++ needs a compiler that may be missing. */
    static Path compile(Path directory, String source, String output, List<String> options) throws IOException {
        if (source.endsWith(".cc")) {
            Needed.commands("g++");
        }
        Path copy = resource(directory, source);
        List<String> command = new ArrayList<>(List.of(source.endsWith(".cc") ? "g++" : "gcc", "-o", output));
        command.addAll(options);
        command.add(copy.toString());
        run(directory, command);
        return directory.resolve(output);
    }

    static Path resource(Path directory, String name) throws IOException {
        Path copy = directory.resolve(name);
        if (!Files.exists(copy)) {
            try (InputStream in = Compiled.class.getResourceAsStream(name)) {
                if (in == null) {
                    throw new IOException("no test resource " + name);
                }
                Files.copy(in, copy);
            }
        }
        return copy;
    }

    /** Runs a command and returns the lines that it printed. */
    static List<String> run(Path directory, List<String> command) throws IOException {
        Path out = Files.createTempFile(directory, "out", ".txt");
        Path errors = Files.createTempFile(directory, "err", ".txt");
        Process process = new ProcessBuilder(command).directory(directory.toFile()).redirectOutput(out.toFile())
                .redirectError(errors.toFile()).start();
        try {
            if (process.waitFor() != 0) {
                throw new IOException(command + ": " + Files.readString(errors));
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
        return Files.readAllLines(out);
    }
}
