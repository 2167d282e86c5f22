package dev.pulpo.x86;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.function.Consumer;

/** Zydis and Capstone, asked through {@code oracles.c}. */
final class Oracles {
    private static final int ANSWER = 12;

    /** Gets a record, and what the oracles say of it. */
    interface Comparison {
        void compare(byte[] record, byte[] answer);
    }

    private final Path program;

    /** Compiles the program into a directory. */
    Oracles(Path directory) throws IOException, InterruptedException {
        Path source = directory.resolve("oracles.c");
        try (InputStream in = Objects.requireNonNull(Oracles.class.getResourceAsStream("oracles.c"))) {
            Files.copy(in, source);
        }
        program = directory.resolve("oracles");
        Command.run("gcc", "-O2", "-o", program.toString(), source.toString(), "-lZydis", "-lcapstone");
    }

    /** What has to be installed for this, empty if nothing. */
    static String missing() {
        StringBuilder packages = new StringBuilder();
        if (!Files.exists(Path.of("/usr/include/Zydis/Zydis.h"))) {
            packages.append(" libzydis-dev");
        }
        if (!Files.exists(Path.of("/usr/include/capstone/capstone.h"))) {
            packages.append(" libcapstone-dev");
        }
        return packages.toString();
    }

    /** Asks for all records that the generator yields; it is run twice and must yield the same. */
    void ask(Consumer<Consumer<byte[]>> generator, Comparison comparison) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(program.toString()).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        Thread writer = Thread.ofPlatform().start(() -> {
            try (OutputStream out = new BufferedOutputStream(process.getOutputStream(), 1 << 16)) {
                generator.accept(record -> write(out, record));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        try (DataInputStream in = new DataInputStream(new BufferedInputStream(process.getInputStream(), 1 << 16))) {
            byte[] answer = new byte[ANSWER];
            generator.accept(record -> {
                try {
                    in.readFully(answer);
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
                comparison.compare(record, answer);
            });
        }
        writer.join();
        if (process.waitFor() != 0) {
            throw new IOException("exit status " + process.exitValue() + " of " + program);
        }
    }

    private static void write(OutputStream out, byte[] record) {
        try {
            out.write(record);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
