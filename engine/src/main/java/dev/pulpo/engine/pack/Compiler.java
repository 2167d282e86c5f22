package dev.pulpo.engine.pack;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
        boolean plusPlus = source.toString().matches(".*[.](cc|cpp|cxx|C)");
        String chosen = System.getenv(plusPlus ? "CXX" : "CC");
        List<String> command = new ArrayList<>();
        command.add(chosen == null || chosen.isEmpty() ? plusPlus ? "g++" : "gcc" : chosen);
        command.addAll(List.of("-g", "-O2", "-fPIC", "-shared", "-Wl,--build-id=sha1", "-o", output.toString(),
                source.toString()));
        if (!libraries.isEmpty()) {
            command.add("-Wl,--push-state,--as-needed");
            libraries.forEach(library -> command.add(library.toString()));
            command.add("-Wl,--pop-state");
        }
        command.addAll(options);
        Process compiler = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(compiler.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (compiler.waitFor() != 0) {
                throw new IOException(String.join(" ", command) + " failed:\n" + log.strip());
            }
        } catch (InterruptedException e) {
            compiler.destroy();
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while the compiler ran", e);
        }
    }
}
