package dev.pulpo.engine;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.diff.BuildPatch;
import dev.pulpo.engine.diff.CodeDiff;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * How two builds of the same source tree differ, once addresses, padding and relocations are looked through.
 *
 * @param old       the one build
 * @param young     the other
 * @param compared  how many functions the old build has
 * @param functions those that are not what they were
 * @param variables those whose initial values are not what they were; a patch of functions does not change them
 */
public record BuildDiff(String old, String young, int compared, List<Difference> functions,
        List<Difference> variables) {
    /** What has become of something. */
    public enum Kind {
        CHANGED, ADDED, REMOVED
    }

    /**
     * A function or variable that differs.
     *
     * @param name        its symbol, without the numbers that compilers add
     * @param declaration where the source declares it
     */
    public record Difference(Kind kind, String name, Optional<SourceLine> declaration) {
        @Override
        public String toString() {
            return kind.name().toLowerCase(Locale.ROOT) + " " + name
                    + declaration.map(place -> " (" + place + ")").orElse("");
        }
    }

    public BuildDiff {
        functions = List.copyOf(functions);
        variables = List.copyOf(variables);
    }

    /**
     * Compares two builds. Both need a symbol table, of their own or in a separate debug file.
     *
     * @throws IOException where one cannot be read
     */
    public static BuildDiff between(Path old, Path young) throws IOException {
        return with(old, young, CodeDiff::between);
    }

    /**
     * Makes a patch container of the functions that differ, for processes that run the old build: those functions and what
     * they need that the old build does not have. What the old build has is used there; its variables keep their values.
     * Nothing is written where something stands against it; the report says so.
     *
     * @param old     the build that processes run; with a build-id and a symbol table, its own or a debug file's
     * @param young   the same source tree with the fix, built with the same compiler and options
     * @param output  the container
     * @param allowed findings that are no reason to refuse
     * @throws IOException where a file cannot be read or written
     */
    public static PackReport pack(Path old, Path young, Path output, Set<Check> allowed) throws IOException {
        return with(old, young, (was, is) -> {
            BuildPatch patch = new BuildPatch(was, old, is, allowed);
            if (patch.report().isPackable()) {
                patch.write(output);
            }
            return patch.report();
        });
    }

    private interface Use<T> {
        T of(CodeFacts old, CodeFacts young) throws IOException;
    }

    private static <T> T with(Path old, Path young, Use<T> use) throws IOException {
        DebugFiles files = DebugFiles.ofThisProcess();
        try (ElfFile oldElf = ElfFile.open(old);
                DebugInfo oldInfo = DebugInfo.open(oldElf, old.toAbsolutePath().toString(), files);
                ElfFile youngElf = ElfFile.open(young);
                DebugInfo youngInfo = DebugInfo.open(youngElf, young.toAbsolutePath().toString(), files)) {
            return use.of(new CodeFacts(oldElf, oldInfo), new CodeFacts(youngElf, youngInfo));
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(
                young + " against " + old + ": " + functions.size() + " of " + compared + " functions differ");
        functions.forEach(function -> text.append(System.lineSeparator()).append("  ").append(function));
        variables.forEach(variable -> text.append(System.lineSeparator()).append("  data: ").append(variable));
        return text.toString();
    }
}
