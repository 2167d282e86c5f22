package dev.pulpo.engine.pack;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.StubFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs the C or C++ compiler: {@code $CC} or {@code $CXX}, or else {@code gcc} or {@code g++}. Where the compiler fails, the
 * exception has what it said.
 */
public final class Compiler {
    private static final List<String> COMPILING = List.of("-g", "-O2", "-fPIC");
    private static final List<String> LINKING = List.of("-shared", "-Wl,--build-id=sha1");

    private Compiler() {}

    /** Whether a file is C++, by its suffix. */
    static boolean isPlusPlus(Path source) {
        return RawText.of(source).matches(".*[.](cc|cpp|cxx|C)");
    }

    /**
     * The libraries that a patch of a target is linked with: the target, if it is one that the loader knows by a name.
     *
     * @throws IOException where the target cannot be read
     */
    public static List<Path> libraries(Path target) throws IOException {
        try (ElfFile elf = ElfFile.open(target)) {
            // Without a SONAME the loader would search for this path, which is not the path in a process.
            boolean linkable = elf.header().type().equals(ObjectType.DYNAMIC) && elf.dynamic().soname().isPresent();
            return linkable ? List.of(target.toAbsolutePath()) : List.of();
        }
    }

    /**
     * Makes a shared object of a source.
     *
     * @param libraries it is linked with those that it uses something of
     */
    public static void run(Path source, Path output, List<Path> libraries, List<String> options) throws IOException {
        List<String> command = command(isPlusPlus(source));
        command.addAll(COMPILING);
        link(command, List.of(source), output, libraries, withHeader(options));
    }

    /** Makes a relocatable object of a source. */
    static void compile(Path source, Path output, List<String> options) throws IOException {
        List<String> command = command(isPlusPlus(source));
        command.addAll(COMPILING);
        command.addAll(List.of("-c", "-o", RawText.of(output), RawText.of(source)));
        command.addAll(withHeader(options));
        run(command);
    }

    /** The caller's own directories come before that of {@code pulpo.h}. */
    private static List<String> withHeader(List<String> options) {
        List<String> all = new ArrayList<>(options);
        try {
            all.addAll(List.of("-idirafter", RawText.of(StubFile.header().resolveSibling(""))));
        } catch (UncheckedIOException noCache) {
            // Most sources do not need it, and of one that does the compiler says so.
            return options;
        }
        return all;
    }

    /**
     * Makes a shared object of relocatable ones.
     *
     * @param plusPlus  whether one of them was made of C++
     * @param libraries it is linked with those that it uses something of
     */
    static void link(List<Path> objects, boolean plusPlus, Path output, List<Path> libraries, List<String> options)
            throws IOException {
        link(command(plusPlus), objects, output, libraries, options);
    }

    private static void link(List<String> command, List<Path> inputs, Path output, List<Path> libraries,
            List<String> options) throws IOException {
        command.addAll(LINKING);
        command.addAll(List.of("-o", RawText.of(output)));
        inputs.forEach(input -> command.add(RawText.of(input)));
        if (!libraries.isEmpty()) {
            command.add("-Wl,--push-state,--as-needed");
            libraries.forEach(library -> command.add(RawText.of(library)));
            command.add("-Wl,--pop-state");
        }
        command.addAll(options);
        run(command);
    }

    private static List<String> command(boolean plusPlus) {
        String chosen = System.getenv(plusPlus ? "CXX" : "CC");
        List<String> command = new ArrayList<>();
        command.add(chosen == null || chosen.isEmpty() ? plusPlus ? "g++" : "gcc" : chosen);
        return command;
    }

    private static void run(List<String> command) throws IOException {
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
