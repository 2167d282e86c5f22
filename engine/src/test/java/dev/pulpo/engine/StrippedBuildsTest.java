package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Builds as distributions ship them: with what they export, frame descriptions and relocations, and no other names. */
class StrippedBuildsTest {
    @TempDir
    private Path directory;

    private Path build(String compiler, String name, String... options) throws Exception {
        return built("stripped.c", compiler, name, options);
    }

    private Path built(String code, String compiler, String name, String... options) throws Exception {
        Victims victims = new Victims(directory);
        Path source = victims.resource(code);
        Path file = Files.createDirectories(directory.resolve(name)).resolve("libstripped.so");
        List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
        command.addAll(List.of("-shared", "-fPIC", "-Wl,--build-id=sha1", "-Wl,-soname,libstripped.so", "-s", "-o",
                file.toString(), source.toString()));
        command.addAll(List.of(options));
        Tools.run(command.toArray(String[]::new));
        return file;
    }

    private static List<String> changed(BuildDiff diff) {
        return diff.functions().stream().filter(each -> each.kind() == BuildDiff.Kind.CHANGED)
                .map(BuildDiff.Difference::name).toList();
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2", "gcc -Os -fcf-protection", "gcc -O3 -fno-plt -Wl,-z,now",
            "clang -O2 -fuse-ld=lld", "clang -Os", "gcc -O2 -fuse-ld=mold"})
    void theNewCodeUsesWhatTheOldBuildHas(String compiler) throws Exception {
        Path old = build(compiler, "old");
        Path container = directory.resolve("fix.so");
        Path fixed = build(compiler, "new", "-DFIXED");
        BuildDiff diff = BuildDiff.between(old, fixed);
        assertThat(diff.uncompared()).isEmpty();
        PackReport report = BuildDiff.pack(old, fixed, container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        Path program = new Victims(directory).compiled("program", "stripped_main.c",
                "-L" + old.getParent(), "-lstripped", "-Wl,-rpath," + old.getParent());
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("3")).isEqualTo("52048 three");
            assertThat(server.ask("8")).isEqualTo("24053 many");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            // 8 counts as 6 now, and the old build's counters go on.
            assertThat(server.ask("3")).isEqualTo("56048 drei");
            assertThat(server.ask("8")).isEqualTo("18054 many");
            process.revert(patch.id());
            assertThat(server.ask("3")).isEqualTo("60050 three");
        }
    }

    @Test
    void whatIsTheSameIsSaidToBe() throws Exception {
        BuildDiff diff = BuildDiff.between(build("gcc -O2", "old"), build("gcc -O2", "new"));
        assertThat(diff.functions()).isEmpty();
        assertThat(diff.uncompared()).isEmpty();
        BuildDiff lines = BuildDiff.between(build("gcc -O2", "old"), build("gcc -O2", "lines", "-DLONGER"));
        assertThat(lines.functions()).as(lines.toString()).isEmpty();
        assertThat(lines.lines()).isNotEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2 -fno-toplevel-reorder", "clang -O2"})
    void anAddressThatIsUsedAtOnceAndALoopThatBeginsAtAnEntryAreNoObstacle(String compiler) throws Exception {
        Path script = directory.resolve("hidden.map");
        Files.writeString(script, "{ global: answer; text; local: *; };");
        Path old = built("relaxed.c", compiler, "old", "-Wl,--version-script=" + script);
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old,
                built("relaxed.c", compiler, "new", "-DFIXED", "-Wl,--version-script=" + script), container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        Path program = new Victims(directory).compiled("program", "stripped_main.c",
                "-L" + old.getParent(), "-lstripped", "-Wl,-rpath," + old.getParent());
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("3")).isEqualTo("3007 below");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            // The old build's window goes on, and the limit is a new variable.
            assertThat(server.ask("3")).isEqualTo("4003 below");
            assertThat(server.ask("3")).isEqualTo("4003 below");
            process.revert(patch.id());
            assertThat(server.ask("3")).isEqualTo("3016 below");
        }
    }

    @Test
    void startUpCodeThatNamesOtherEndsIsNoDifference() throws Exception {
        Path old = built("startup.c", "gcc -O2", "old");
        Path fixed = built("startup.c", "gcc -O2", "new", "-DFIXED");
        BuildDiff diff = BuildDiff.between(old, fixed);
        assertThat(changed(diff)).containsExactly("answer");
        assertThat(diff.uncompared()).isEmpty();
        PackReport report = BuildDiff.pack(old, fixed, directory.resolve("fix.so"), Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2", "clang -O2"})
    void aMainThatDiffersByItsVersionIsLeftOut(String compiler) throws Exception {
        Path source = new Victims(directory).resource("versioned.c");
        Path old = program(compiler, source, "old");
        Path fixed = program(compiler, source, "fixed", "-DFIXED");
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, fixed, container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.functions()).hasSize(1);
        assertThat(report.notes()).anyMatch(note -> note.contains("differs by a text with a version"))
                .anyMatch(note -> note.contains("keeps its text"));
        try (RunningServer server = RunningServer.preloaded(old);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("3")).isEqualTo("3001 1.2-3+deb12u9");
            process.apply(LivePatch.open(container));
            assertThat(server.ask("3")).isEqualTo("6002 1.2-3+deb12u9");
        }
        assertThat(report.notes()).filteredOn(note -> note.contains("keeps its text")).hasSize(2);
        // New code may pass other arguments than the old text tells how to write.
        PackReport format = BuildDiff.pack(program(compiler, source, "old-format", "-DFORMAT"),
                program(compiler, source, "format", "-DFIXED", "-DFORMAT"), directory.resolve("format.so"), Set.of());
        assertThat(format.findings()).extracting(Finding::check).containsExactly(Check.DATA);
        assertThat(format.notes()).filteredOn(note -> note.contains("keeps its text")).hasSize(1);
        // Any other text is a change of main, and a number that stands by itself is no version.
        for (String text : List.of("-DOTHER_TEXT", "-DOTHER_NUMBER")) {
            PackReport other = BuildDiff.pack(old, program(compiler, source, "other" + text, "-DFIXED", text),
                    directory.resolve("other.so"), Set.of());
            assertThat(other.functions()).as(text).hasSize(2);
        }
    }

    private Path program(String compiler, Path source, String name, String... options) throws Exception {
        Path file = Files.createDirectories(directory.resolve(name)).resolve("versioned");
        List<String> command = new ArrayList<>(List.of(compiler.split(" ", -1)));
        command.addAll(List.of("-pie", "-fPIE", "-s", "-Wl,--build-id=sha1", "-o", file.toString(), source.toString()));
        command.addAll(List.of(options));
        Tools.run(command.toArray(String[]::new));
        return file;
    }

    @Test
    void namesOfOneSideAreNoDifference() throws Exception {
        Path old = build("gcc -O2", "old");
        Path named = directory.resolve("named.so");
        Tools.run("gcc", "-O2", "-g", "-shared", "-fPIC", "-Wl,--build-id=sha1", "-Wl,-soname,libstripped.so", "-o",
                named.toString(), directory.resolve("stripped.c").toString());
        BuildDiff diff = BuildDiff.between(old, named);
        assertThat(diff.functions()).isEmpty();
        assertThat(diff.uncompared()).isEmpty();
    }

    @Test
    void aLayoutThatCodeSpeaksOfIsRefused() throws Exception {
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(build("gcc -O2", "old"), build("gcc -O2", "new", "-DGROWN"), container,
                Set.of());
        assertThat(report.findings()).extracting(Finding::check).containsOnly(Check.LAYOUT);
        assertThat(container).doesNotExist();
    }

    @Test
    void functionsCanBeLeftOut() throws Exception {
        Path old = build("gcc -O2", "old");
        Path fixed = build("gcc -O2", "new", "-DFIXED");
        List<String> all = changed(BuildDiff.between(old, fixed));
        assertThat(all).hasSizeGreaterThan(1);
        PackReport report = BuildDiff.pack(old, fixed, directory.resolve("fix.so"), Set.of(),
                new BuildDiff.Selection(List.of(), List.of(all.getFirst())));
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.functions()).extracting(PackReport.Function::name)
                .containsExactlyInAnyOrderElementsOf(all.subList(1, all.size()));
    }

    @Test
    void bothVersionsOfAFunctionAreShown() throws Exception {
        Path old = build("gcc -O2", "old");
        Path fixed = build("gcc -O2", "new", "-DFIXED");
        List<String> uses = changed(BuildDiff.between(old, fixed)).stream().flatMap(name -> explained(old, fixed, name))
                .filter(row -> !row.same())
                .map(row -> row.old().map(FunctionVersions.Instruction::uses).orElse("") + " "
                        + row.replacement().map(FunctionVersions.Instruction::uses).orElse(""))
                .toList();
        assertThat(uses).contains("\"three\" \"drei\"");
        // What is the same in both builds can be looked at as well.
        assertThat(explained(old, fixed, "checked")).isNotEmpty().allMatch(FunctionVersions.Row::same);
        assertThat(BuildDiff.explain(old, fixed, "nobody")).isEmpty();
    }

    private static Stream<FunctionVersions.Row> explained(Path old, Path fixed, String name) {
        try {
            return BuildDiff.explain(old, fixed, name).stream().flatMap(versions -> versions.rows().stream());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc -O2", "clang -O2"})
    void whatReleasesObjectsOfTheOldBuildIsAnsweredFor(String compiler) throws Exception {
        Path old = built("lifetime.c", compiler, "old");
        Path fixed = built("lifetime.c", compiler, "new", "-DFIXED");
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, fixed, container, Set.of());
        assertThat(report.findings()).extracting(Finding::check).containsExactly(Check.LIFETIME);
        assertThat(report.findings().getFirst().message()).contains("item_free", "item_new");
        assertThat(container).doesNotExist();
        // The one that releases is taken without the one that makes: old code goes on to make what it cannot release.
        PackReport alone = BuildDiff.pack(old, fixed, container, Set.of(),
                new BuildDiff.Selection(List.of("item_free"), List.of()));
        assertThat(alone.findings()).extracting(Finding::check).containsExactly(Check.LIFETIME);
        // The other way round the new code would leave to the old one what that releases, and must not.
        PackReport back = BuildDiff.pack(fixed, old, container, Set.of(),
                new BuildDiff.Selection(List.of(), List.of("item_free")));
        assertThat(back.findings()).extracting(Finding::check).containsExactly(Check.LIFETIME);
        PackReport answered = BuildDiff.pack(old, fixed, container, Set.of(),
                new BuildDiff.Selection(List.of(), List.of(), List.of("item_free")));
        assertThat(answered.findings()).isEmpty();
        assertThat(answered.allowed()).extracting(Finding::check).containsExactly(Check.LIFETIME);
    }

    @ParameterizedTest
    @ValueSource(strings = {"g++ -O2", "clang++ -O2", "g++ -Os -fno-pie"})
    void whatIsCaughtIsCompared(String compiler) throws Exception {
        Path old = built("handlers.cc", compiler, "old");
        assertThat(BuildDiff.between(old, built("handlers.cc", compiler, "same", "-DOTHER")).functions()).isEmpty();
        BuildDiff diff = BuildDiff.between(old, built("handlers.cc", compiler, "new", "-DFIXED"));
        assertThat(changed(diff)).as(diff.toString()).hasSize(1);
        assertThat(diff.uncompared()).isEmpty();
    }

    @Test
    void theFunctionThatReleasesCanBeLeftOut() throws Exception {
        Path old = built("lifetime.c", "gcc -O2", "old");
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, built("lifetime.c", "gcc -O2", "new", "-DFIXED"), container, Set.of(),
                new BuildDiff.Selection(List.of(), List.of("item_free")));
        assertThat(report.findings()).as(report.toString()).isEmpty();
        Path program = new Victims(directory).compiled("program", "lifetime_main.c",
                "-L" + old.getParent(), "-lstripped", "-Wl,-rpath," + old.getParent());
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("1")).isEqualTo("pool");
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            assertThat(server.ask("2")).isEqualTo("heap");
            assertThat(server.ask("3")).isEqualTo("heap");
            process.revert(patch.id());
            assertThat(server.ask("4")).isEqualTo("pool");
        }
    }
}
