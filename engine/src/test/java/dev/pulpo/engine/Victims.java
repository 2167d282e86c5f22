package dev.pulpo.engine;

import dev.pulpo.engine.container.Packer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Builds victim programs and patches from the C sources in the test's resources. Where the environment variable
 * {@code PULPO_LIBC} names a directory with another C library ({@code libc.so.6}, {@code ld-linux-x86-64.so.2}), programs
 * run with that one; {@code src/test/sh/with-libc.sh} fetches some.
 */
public final class Victims {
    private static final Optional<String> LIBC = Optional.ofNullable(System.getenv("PULPO_LIBC"));

    private final Path directory;

    public Victims(Path directory) {
        this.directory = directory;
    }

    /** The prepared library libanswer.so. */
    public Path library() {
        return built("libanswer.so", () -> gcc("libanswer.so", "answer.c", "-shared", "-fPIC",
                "-fpatchable-function-entry=16,14", "-Wl,-soname,libanswer.so"));
    }

    /** The server program, linked with the library. */
    Path server() {
        library();
        return built("server", () -> gcc("server", "server.c", "-L" + directory, "-lanswer",
                "-Wl,-rpath," + directory, "-pthread"));
    }

    /** Another program that is linked with the library. */
    Path linked(String source) {
        library();
        String name = source.replace(".c", "");
        return built(name,
                () -> gcc(name, source, "-L" + directory, "-lanswer", "-Wl,-rpath," + directory, "-pthread"));
    }

    /** A program of its own, compiled with these options. */
    Path program(String source, String... options) {
        String name = source.replace(".c", "");
        return built(name, () -> gcc(name, source, options));
    }

    /** A patch whose fixed_answer() returns this value. */
    public Path fix(int value) {
        String name = "fix" + value + ".so";
        return built(name, () -> gcc(name, "fix.c", "-shared", "-fPIC", "-DVALUE=" + value));
    }

    /** The prepared library libprivate.so, with data of its own. */
    Path privateLibrary() {
        return built("libprivate.so", () -> gcc("libprivate.so", "private.c", "-shared", "-fPIC",
                "-fpatchable-function-entry=16,14", "-Wl,-soname,libprivate.so"));
    }

    /** A program that can be patched itself, and that gets into awkward situations. */
    Path scene() {
        privateLibrary();
        return built("scene", () -> gcc("scene", "scene.c", "-fpatchable-function-entry=16,14", "-L" + directory,
                "-lprivate", "-Wl,-rpath," + directory, "-pthread"));
    }

    /** A program that needs nothing but the C library. */
    Path standalone(String source, String... options) {
        String name = source.replace(".c", "");
        return built(name, () -> gcc(name, source, options));
    }

    /** A patch container whose functions add this value; what it replaces is in the lines of its description. */
    Path container(String name, int base, Path target, String... lines) throws Exception {
        gcc(name, "private_fix.c", "-shared", "-fPIC", "-DBASE=" + base);
        return packed(name, base, target, lines);
    }

    /** A prepared library. */
    Path prepared(String name, String source) {
        return built(name, () -> gcc(name, source, "-shared", "-fPIC", "-fpatchable-function-entry=16,14"));
    }

    /** A library that was not built to be patched. */
    Path unprepared(String name, String source) {
        return built(name, () -> gcc(name, source, "-shared", "-fPIC"));
    }

    /** A patch container that is built from this source. */
    Path containerOf(String name, String source, Path target, String... lines) throws Exception {
        return containerOf(name, source, List.of("-Wl,--allow-shlib-undefined"), target, lines);
    }

    /** The same, compiled with these options. */
    Path containerOf(String name, String source, List<String> options, Path target, String... lines)
            throws Exception {
        List<String> all = new ArrayList<>(List.of("-shared", "-fPIC"));
        all.addAll(options);
        gcc(name, source, all.toArray(String[]::new));
        return packed(name, 0, target, lines);
    }

    private Path packed(String name, int base, Path target, String... lines) throws Exception {
        Path file = directory.resolve(name);
        Path description = Files.writeString(directory.resolve(name + ".dsc"), "! bsc#" + base + "\n" + file + "\n"
                + String.join("\n", lines).replace("TARGET", "@" + target) + "\n");
        Packer.read(description, Optional.empty(), Optional.empty()).write(file);
        return file;
    }

    /** The library libentries.so, whose functions were not built to be replaced. */
    Path entries(String... options) {
        return built("libentries.so", () -> {
            List<String> all = new ArrayList<>(List.of("-shared", "-fPIC", "-Wl,-soname,libentries.so"));
            all.addAll(List.of(options));
            gcc("libentries.so", "entries.c", all.toArray(String[]::new));
        });
    }

    /** The program that calls it. */
    Path entriesMain(String... options) {
        entries();
        return built("entries_main", () -> {
            gcc("entries_other.o", "entries_other.c", "-c");
            List<String> all = new ArrayList<>(
                    List.of(directory.resolve("entries_other.o").toString(), "-L" + directory,
                            "-lentries", "-Wl,-rpath," + directory, "-pthread"));
            all.addAll(List.of(options));
            gcc("entries_main", "entries_main.c", all.toArray(String[]::new));
        });
    }

    /** A patch for it whose fixed() adds this value. */
    Path entriesFix(int value) {
        return wrapper(value, "");
    }

    /**
     * As {@link #entriesFix}, with wrappers that add the value to what the originals return.
     *
     * @param functions what is wrapped, with blanks between
     */
    Path wrapper(int value, String functions) {
        String name = ("entries_fix" + value + " " + functions).strip().replace(' ', '_') + ".so";
        return built(name, () -> {
            List<String> all = new ArrayList<>(List.of("-shared", "-fPIC", "-DVALUE=" + value,
                    "-I" + StubFile.header().getParent()));
            for (String function : functions.isEmpty() ? new String[0] : functions.split(" ")) {
                all.add("-DWRAP_" + function);
            }
            gcc(name, "entries_fix.c", all.toArray(String[]::new));
        });
    }

    /** The program in whose library, prepared or not, threads stay for as long as they are told to. */
    Path seats(boolean prepared) {
        String kind = prepared ? "prepared" : "plain";
        return built("seats-" + kind, () -> {
            List<String> library = new ArrayList<>(List.of("-shared", "-fPIC", "-Wl,-soname,libseats-" + kind + ".so"));
            if (prepared) {
                library.add("-fpatchable-function-entry=16,14");
            }
            gcc("libseats-" + kind + ".so", "seats.c", library.toArray(String[]::new));
            gcc("seats-" + kind, "seats_main.c", "-L" + directory, "-lseats-" + kind, "-Wl,-rpath," + directory,
                    "-rdynamic", "-pthread");
        });
    }

    /** A patch for it whose functions say that they are of this version. */
    LivePatch seatsFix(boolean prepared, int version) {
        String name = "seats_fix" + version + ".so";
        Path file = built(name, () -> {
            resource("seats.c");
            gcc(name, "seats_fix.c", "-shared", "-fPIC", "-DVERSION=" + version, "-Wl,--allow-shlib-undefined");
        });
        return LivePatch.of(file).target("libseats-" + (prepared ? "prepared" : "plain") + ".so")
                .replace("version", "fixed_version").replace("hold", "fixed_hold")
                .replace("steady", "fixed_steady");
    }

    private interface Build {
        void run() throws IOException, InterruptedException;
    }

    private Path built(String name, Build build) {
        Path file = directory.resolve(name);
        if (!Files.exists(file)) {
            try {
                build.run();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
        return file;
    }

    /** Compiles a source with these options, whether it was compiled before or not. */
    public Path compiled(String output, String source, String... options) throws IOException, InterruptedException {
        gcc(output, source, options);
        return directory.resolve(output);
    }

    /** As {@link #compiled}, by another compiler than gcc. */
    Path compiledBy(String compiler, String output, String source, String... options)
            throws IOException, InterruptedException {
        compile(compiler, output, source, options);
        return directory.resolve(output);
    }

    /** A source of the test's resources, next to the victims. */
    Path resource(String name) throws IOException {
        Path copy = directory.resolve(name);
        try (InputStream resource = Victims.class.getResourceAsStream("/victims/" + name)) {
            if (resource == null) {
                throw new IllegalStateException("no test resource victims/" + name);
            }
            Files.write(copy, resource.readAllBytes());
        }
        return copy;
    }

    private void gcc(String output, String source, String... options) throws IOException, InterruptedException {
        compile(source.endsWith(".cc") ? "g++" : "gcc", output, source, options);
    }

    private void compile(String compiler, String output, String source, String... options)
            throws IOException, InterruptedException {
        Path copy = Files.exists(directory.resolve(source)) ? directory.resolve(source) : resource(source);
        Needed.commands(compiler);
        List<String> command = new ArrayList<>(
                List.of(compiler, "-O2", "-Wall", "-Werror", "-Wl,--build-id=sha1",
                        "-o", directory.resolve(output).toString(), copy.toString()));
        command.addAll(List.of(options));
        if (LIBC.isPresent() && !output.endsWith(".so") && !output.endsWith(".o")) {
            command.addAll(List.of("-Wl,--dynamic-linker=" + LIBC.get() + "/ld-linux-x86-64.so.2",
                    "-Wl,-rpath," + LIBC.get()));
        }
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (gcc.waitFor() != 0) {
            throw new IllegalStateException(String.join(" ", command) + "\n" + log);
        }
    }
}
