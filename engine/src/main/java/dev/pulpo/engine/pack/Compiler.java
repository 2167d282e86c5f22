package dev.pulpo.engine.pack;

import dev.pulpo.elf.RawText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs the C or C++ compiler: {@code $CC} or {@code $CXX}, or else {@code gcc} or {@code g++}. */
public final class Compiler {
    private Compiler() {}

    /**
     * Makes a shared object of a source.
     *
     * @param libraries it is linked with those that it uses something of
     */
    public static void run(Path source, Path output, List<Path> libraries, List<String> options) throws IOException {
        boolean plusPlus = RawText.of(source).matches(".*[.](cc|cpp|cxx|C)");
        String chosen = System.getenv(plusPlus ? "CXX" : "CC");
        List<String> command = new ArrayList<>();
        command.add(chosen == null || chosen.isEmpty() ? plusPlus ? "g++" : "gcc" : chosen);
        command.addAll(List.of("-g", "-O2", "-fPIC", "-shared", "-Wl,--build-id=sha1", "-o", RawText.of(output),
                RawText.of(source)));
        if (!libraries.isEmpty()) {
            command.add("-Wl,--push-state,--as-needed");
            libraries.forEach(library -> command.add(RawText.of(library)));
            command.add("-Wl,--pop-state");
        }
        command.addAll(options);
        if (command.stream().allMatch(word -> word.chars().allMatch(c -> c < 0x80))) {
            run(command, command);
            return;
        }
        // The JDK passes on what the locale has. The compiler reads the rest of its arguments from a file (gcc(1), @file).
        Path file = Files.createTempFile("pulpo", ".args");
        try {
            Files.write(file, quoted(command.subList(1, command.size())));
            run(command, List.of(command.getFirst(), "@" + file));
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] quoted(List<String> words) {
        ByteArrayOutputStream quoted = new ByteArrayOutputStream();
        for (String word : words) {
            for (byte value : RawText.encode(word)) {
                quoted.write('\\');
                quoted.write(value);
            }
            quoted.writeBytes(new byte[]{'\'', '\'', '\n'});
        }
        return quoted.toByteArray();
    }

    private static void run(List<String> shown, List<String> command) throws IOException {
        Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = RawText.withTabs(RawText.decodeLines(compiler.getInputStream().readAllBytes()));
        try {
            if (compiler.waitFor() != 0) {
                throw new IOException(String.join(" ", shown) + " failed:\n" + log.strip());
            }
        } catch (InterruptedException e) {
            compiler.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the compiler ran", e);
        }
    }
}
