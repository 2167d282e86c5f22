package dev.pulpo.engine.update;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.FileChange;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.PackReport;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** Compares the copies of two builds, and makes the container. */
final class FileComparison {
    /** The objections to packing nothing. */
    private static final Set<Check> NO_DIFFERENCE = EnumSet.of(Check.UNKNOWN, Check.BUILD_ID);

    private static final Path DEBUG_FILES = Path.of("/usr/lib/debug/.build-id");

    private final FileCopies copies;
    private final String path;
    private final boolean published;

    /**
     * @param path      the file's name in the process, for people
     * @param published whether everybody may read both builds
     */
    FileComparison(FileCopies copies, String path, boolean published) {
        this.copies = copies;
        this.path = path;
        this.published = published;
    }

    /** The result, from the store or made and stored now. */
    FileChange run(ChangeStore store) throws IOException {
        if (copies.oldDigest().equals(copies.newDigest())) {
            String build = buildId(copies.old());
            return new FileChange(build, build, copies.newDigest(), 0, List.of(), true, List.of(), List.of(),
                    Optional.empty(), published);
        }
        String old = buildId(copies.old());
        String replacement = buildId(copies.replacement());
        String key = ChangeStore.key(copies.oldDigest() + published, copies.newDigest(),
                Stream.of(old, replacement).filter(build -> build.length() > 2).map(FileComparison::debugFile)
                        .toList());
        Optional<FileChange> known = store.find(key);
        return known.isPresent() ? known.get() : compared(store, key, old, replacement);
    }

    private static Path debugFile(String build) {
        return DEBUG_FILES.resolve(build.substring(0, 2)).resolve(build.substring(2) + ".debug");
    }

    private static String buildId(Path file) throws IOException {
        try (ElfFile elf = ElfFile.open(file)) {
            return elf.buildId().map(BuildId::hex).orElse("");
        }
    }

    private FileChange compared(ChangeStore store, String key, String old, String replacement) throws IOException {
        try {
            Path made = copies.old().resolveSibling("container.so");
            BuildDiff.Packed packed = BuildDiff.compareAndPack(copies.old(), copies.replacement(), made, Set.of(),
                    BuildDiff.Selection.ALL);
            BuildDiff diff = packed.diff();
            PackReport report = packed.report();
            List<String> differences = new ArrayList<>();
            packed.leftOut().forEach(text -> differences.add(copies.named(text, path)));
            diff.functions().forEach(function -> differences
                    .add(function.kind().name().toLowerCase(Locale.ROOT) + " " + function.name()));
            diff.variables().forEach(variable -> differences.add("data " + variable.name()));
            // What could not be compared is an objection, even where nothing is known to differ.
            boolean same = differences.isEmpty()
                    && report.findings().stream().map(Finding::check).allMatch(NO_DIFFERENCE::contains);
            List<String> objections = report.findings().stream()
                    .map(finding -> copies.named(finding.check().word() + ": " + finding.message(), path)).distinct()
                    .toList();
            return store.keep(key, new FileChange(old, replacement, copies.newDigest(), diff.compared(), differences,
                    same, same ? List.of() : objections,
                    report.unchecked().stream().map(text -> copies.named(text, path)).toList(), Optional.empty(),
                    published), report.isPackable() && !same ? Optional.of(made) : Optional.empty());
        } catch (MalformedElfException malformed) {
            return store.keep(key, FileChange.refused(old, replacement, copies.newDigest(),
                    List.of(copies.named(String.valueOf(malformed.getMessage()), path))), Optional.empty());
        }
    }
}
