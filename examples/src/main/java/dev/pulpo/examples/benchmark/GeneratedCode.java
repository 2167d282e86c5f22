package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.Replacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Libraries of any size, made by gcc. Their functions are made from {@code examples/demo/generated.h}: f0, f1 and so on, and
 * in the patch for them r0, r1 and so on.
 *
 * @param demo      with the program that loads them
 * @param directory where they are made
 */
record GeneratedCode(Demo demo, Path directory) {
    /**
     * A library, and a patch for it.
     *
     * @param file of the library
     * @param fix  the patch
     */
    record Library(Demo demo, Path file, Path fix) {
        /** The patch without replacements. */
        LivePatch patch() {
            return LivePatch.of(fix).target(file.toString());
        }

        /** A process that has loaded it, and others. */
        Target host(Path... others) throws IOException {
            return Target.start(Stream.concat(Stream.of(demo.program("host"), file.toString()),
                    Stream.of(others).map(Path::toString)).toArray(String[]::new));
        }
    }

    /** The replacement of a function by its number. */
    static Replacement replacement(int number) {
        return new Replacement("f" + number, "r" + number);
    }

    /**
     * Makes a library with so many functions, unless it is there.
     *
     * @param filling instructions that each function has besides; those of the patch have none
     */
    Library library(int functions, int filling) throws IOException, InterruptedException {
        String name = functions + "x" + filling;
        Path file = directory.resolve("libgenerated" + name + ".so");
        Path fix = directory.resolve("fix" + name + ".so");
        if (Files.notExists(file)) {
            compile(fix, "r", functions, 0);
            compile(file, "f", functions, filling);
        }
        return new Library(demo, file, fix);
    }

    private void compile(Path library, String prefix, int functions, int filling)
            throws IOException, InterruptedException {
        Path source = directory.resolve(library.getFileName() + ".c");
        Files.writeString(source, IntStream.range(0, functions).mapToObj(i -> "DEFINE(" + prefix + i + ")\n")
                .collect(Collectors.joining("", "#include \"generated.h\"\n", "")));
        Programs.run("gcc", "-O2", "-g", "-Wl,--build-id=sha1", "-shared", "-fPIC", "-DFILLING=" + filling, "-I",
                demo.directory().toString(), "-o", library.toString(), source.toString());
    }

    /** So many copies of one small library, which the loader takes for different ones. */
    Path[] copies(int count) throws IOException, InterruptedException {
        Path original = library(1, 0).file();
        Path folder = Files.createDirectories(directory.resolve("copies"));
        List<Path> copies = IntStream.range(0, count).mapToObj(i -> folder.resolve("copy" + i + ".so")).toList();
        for (Path copy : copies) {
            if (Files.notExists(copy)) {
                Files.copy(original, copy);
            }
        }
        return copies.toArray(Path[]::new);
    }
}
