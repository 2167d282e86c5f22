package dev.pulpo.engine;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.diff.BuildPatch;
import dev.pulpo.engine.diff.CodeDiff;
import dev.pulpo.engine.diff.SideBySide;
import dev.pulpo.engine.pack.SourceObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The differences of two builds of the same source tree, apart from addresses, padding and relocations.
 *
 * @param old         the old build
 * @param replacement the new build
 * @param compared    number of functions of the old build
 * @param functions   the functions that differ
 * @param variables   the variables whose initial values differ; a patch of functions does not change them
 * @param lines       the functions that differ by nothing but numbers of source lines
 * @param uncompared  what could not be compared, with its place
 */
public record BuildDiff(String old, String replacement, int compared, List<Difference> functions,
        List<Difference> variables, List<Difference> lines, List<String> uncompared) {
    /** The kind of a difference. */
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

    /**
     * Which of the functions that differ a patch is to have. What they need comes along.
     *
     * @param only        these; all where it is empty. Functions that differ by numbers of source lines are taken if they
     *                    are named here
     * @param without     not these, even where others need them
     * @param releasesOld functions for which the caller answers, having looked at both versions: whatever the old build has
     *                    made, the version that runs after the change releases it, and the old one what the new build has
     *                    made ({@link Check#LIFETIME})
     */
    public record Selection(List<String> only, List<String> without, List<String> releasesOld) {
        /** All of them. */
        public static final Selection ALL = new Selection(List.of(), List.of());

        public Selection {
            only = List.copyOf(only);
            without = List.copyOf(without);
            releasesOld = List.copyOf(releasesOld);
        }

        /** Answers for no function. */
        public Selection(List<String> only, List<String> without) {
            this(only, without, List.of());
        }
    }

    /**
     * Sources that join the functions of a patch, written as for a {@link PlainPatch}: their functions replace those of the
     * old build that have the same name, instead of what the new build has for them, and their callbacks are called.
     *
     * @param sources C or C++, by their suffixes
     * @param options further compiler options
     * @param choices source files, by name, for names that the old build has several times
     */
    public record Addition(List<Path> sources, List<String> options, Map<String, String> choices) {
        /** No sources. */
        public static final Addition NONE = new Addition(List.of(), List.of(), Map.of());

        public Addition {
            sources = List.copyOf(sources);
            options = List.copyOf(options);
            choices = Map.copyOf(choices);
        }
    }

    /**
     * What added sources do in a patch.
     *
     * @param functions what they replace
     * @param callbacks the callbacks that they define
     */
    public record Added(List<PackReport.Function> functions, List<String> callbacks) {
        /** Nothing. */
        public static final Added NOTHING = new Added(List.of(), List.of());

        public Added {
            functions = List.copyOf(functions);
            callbacks = List.copyOf(callbacks);
        }
    }

    /**
     * What differs, and the report of the container that was made of it.
     *
     * @param added   what sources replace; the functions of the report are those that come from the new build
     * @param leftOut what the container leaves as it is although it differs, and why; the notes of the report have it as well
     */
    public record Packed(BuildDiff diff, PackReport report, Added added, List<String> leftOut) {
        public Packed {
            leftOut = List.copyOf(leftOut);
        }
    }

    public BuildDiff {
        functions = List.copyOf(functions);
        variables = List.copyOf(variables);
        lines = List.copyOf(lines);
        uncompared = List.copyOf(uncompared);
    }

    /**
     * Compares two builds. Functions without symbols are known by their frame descriptions.
     *
     * @throws IOException where one cannot be read
     */
    public static BuildDiff between(Path old, Path replacement) throws IOException {
        return with(old, replacement, CodeDiff::between);
    }

    /**
     * Makes a patch container of the functions that differ, for processes that run the old build: those functions, and what
     * they need that the old build lacks. They use what the old build has; its variables keep their values. After an
     * objection nothing is written; the report says so.
     *
     * @param old         the build that processes run; with a build-id
     * @param replacement the same source tree with the fix, built with the same compiler and options
     * @param output      the container
     * @param allowed     checks whose findings are no objection
     * @throws IOException where a file cannot be read or written
     */
    public static PackReport pack(Path old, Path replacement, Path output, Set<Check> allowed) throws IOException {
        return pack(old, replacement, output, allowed, Selection.ALL);
    }

    /**
     * As {@link #pack(Path, Path, Path, Set)}, of some of the functions.
     *
     * @throws IOException where a file cannot be read or written
     */
    public static PackReport pack(Path old, Path replacement, Path output, Set<Check> allowed, Selection selection)
            throws IOException {
        return compareAndPack(old, replacement, output, allowed, selection).report();
    }

    /**
     * {@link #between} and {@link #pack} of one comparison, which is what takes long.
     *
     * @throws IOException where a file cannot be read or written
     */
    public static Packed compareAndPack(Path old, Path replacement, Path output, Set<Check> allowed,
            Selection selection) throws IOException {
        return compareAndPack(old, replacement, output, allowed, selection, Addition.NONE);
    }

    /**
     * As {@link #compareAndPack(Path, Path, Path, Set, Selection)}, with sources that join the functions of the new build.
     * What they declare {@code extern} is the old build's, or else the new build's.
     *
     * @throws IOException where a file cannot be read or written, or a source cannot be compiled; with what the compiler says
     */
    public static Packed compareAndPack(Path old, Path replacement, Path output, Set<Check> allowed,
            Selection selection, Addition addition) throws IOException {
        if (addition.sources().isEmpty()) {
            return with(old, replacement,
                    (was, is) -> packed(new BuildPatch(was, old, is, allowed, selection), output));
        }
        try (SourceObject added = SourceObject.compile(addition, old)) {
            return with(old, replacement,
                    (was, is) -> packed(new BuildPatch(was, old, is, allowed, selection, added), output));
        }
    }

    private static Packed packed(BuildPatch patch, Path output) throws IOException {
        if (patch.report().isPackable()) {
            patch.write(output);
        }
        return new Packed(patch.diff(), patch.report(), patch.added(), patch.leftOut());
    }

    /**
     * Both versions of a function, instruction by instruction.
     *
     * @param name as either build has it, or the link address in the old build, such as {@code 0x1234}
     * @return one for each function of that name; empty where both builds have none
     * @throws IOException where a file cannot be read
     */
    public static List<FunctionVersions> explain(Path old, Path replacement, String name) throws IOException {
        return with(old, replacement, (was, is) -> SideBySide.of(was, is, name));
    }

    private interface Use<T> {
        T of(CodeFacts old, CodeFacts replacement) throws IOException;
    }

    private static <T> T with(Path old, Path replacement, Use<T> use) throws IOException {
        DebugFiles files = DebugFiles.ofThisProcess();
        try (ElfFile oldElf = ElfFile.open(old);
                DebugInfo oldInfo = DebugInfo.open(oldElf, old.toAbsolutePath().toString(), files);
                ElfFile replacementElf = ElfFile.open(replacement);
                DebugInfo replacementInfo = DebugInfo.open(replacementElf, replacement.toAbsolutePath().toString(),
                        files)) {
            return use.of(new CodeFacts(oldElf, oldInfo), new CodeFacts(replacementElf, replacementInfo));
        }
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(
                replacement + " against " + old + ": " + functions.size() + " of " + compared + " functions differ");
        functions.forEach(function -> text.append(System.lineSeparator()).append("  ").append(function));
        variables.forEach(variable -> text.append(System.lineSeparator()).append("  data: ").append(variable));
        if (!lines.isEmpty()) {
            text.append(System.lineSeparator()).append("  ").append(lines.size())
                    .append(" more by numbers of source lines only");
        }
        uncompared.forEach(what -> text.append(System.lineSeparator()).append("  not compared: ").append(what));
        return text.toString();
    }
}
