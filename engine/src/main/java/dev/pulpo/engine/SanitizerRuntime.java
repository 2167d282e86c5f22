package dev.pulpo.engine;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The runtime library of a sanitizer. That of the address sanitizer ends a program in which another library comes before it
 * (compiler-rt, asan_linux.cpp, {@code AsanCheckDynamicRTPrereqs}): it must be the first to define {@code malloc} and its
 * kin. So a library is preloaded after it.
 */
final class SanitizerRuntime {
    /** The names that gcc and clang give it. */
    private static final Pattern NAME = Pattern
            .compile("(?:.*/)?lib(?:[alt]san|ubsan|hwasan|memprof|clang_rt[.][a-z_]*san[a-z_]*)\\b.*[.]so(?:[.]\\d+)*",
                    Pattern.DOTALL);

    private SanitizerRuntime() {}

    /** Whether a library of this name is one. */
    static boolean isOne(String name) {
        return NAME.matcher(name).matches();
    }

    /** The one that a program is linked with, by the name that the loader finds it by. */
    static Optional<String> of(String command) {
        return program(command).flatMap(SanitizerRuntime::needed);
    }

    /** execvp(3): a name without a slash is searched for. */
    private static Optional<Path> program(String command) {
        if (command.indexOf('/') >= 0) {
            return Optional.of(RawText.path(command));
        }
        List<String> directories = Arrays.asList(System.getenv().getOrDefault("PATH", "/bin:/usr/bin").split(":", -1));
        return directories.stream().map(directory -> RawText.path(directory.isEmpty() ? "." : directory)
                .resolve(RawText.path(command))).filter(Files::isExecutable).findFirst();
    }

    private static Optional<String> needed(Path program) {
        try (ElfFile elf = ElfFile.open(program)) {
            return elf.dynamic().needed().stream().filter(SanitizerRuntime::isOne).findFirst();
        } catch (IOException | MalformedElfException unknown) {
            // A script, or nothing that can be run; the kernel tells.
            return Optional.empty();
        }
    }
}
