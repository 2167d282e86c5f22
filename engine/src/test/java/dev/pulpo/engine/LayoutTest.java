package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which mapping belongs to which object: other linkers' layouts, files mapped more than once, and code that was moved. */
class LayoutTest {
    @TempDir
    private Path directory;

    private final List<String> options = new ArrayList<>();

    private Path built(String compiler, String output, String source, String... more) throws Exception {
        List<String> all = new ArrayList<>(options);
        all.addAll(List.of(more));
        return new Victims(directory).compiledBy(compiler, output, source, all.toArray(String[]::new));
    }

    private Path library(String compiler) throws Exception {
        return built(compiler, "liblaid.so", "laid_out.c", "-shared", "-fPIC", "-Wl,-soname,liblaid.so");
    }

    private Path user() throws Exception {
        return new Victims(directory).compiled("user", "laid_out_main.c", "-L" + directory, "-llaid",
                "-Wl,-rpath," + directory);
    }

    private LivePatch fix(String target) throws Exception {
        Path file = new Victims(directory).compiled("fix.so", "laid_out_fix.c", "-shared", "-fPIC");
        return LivePatch.of(file).target(target).replace("answer", "answer");
    }

    private static void appliesAndReverts(RunningServer server, LivePatch patch, Consistency consistency)
            throws Exception {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch, consistency);
            assertThat(server.ask("a5")).isEqualTo("2005");
            process.revert(patch.id(), consistency);
            assertThat(server.ask("a5")).isEqualTo("1005");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"gcc|bfd|", "gcc|lld|", "gcc|mold|", "gcc|gold|", "clang|lld|",
            "clang|lld|-Wl,-z,separate-code", "gcc|lld|-Wl,--no-rosegment", "gcc|bfd|-Wl,-z,noseparate-code",
            "gcc|bfd|-Wl,-z,max-page-size=0x200000", "gcc|bfd|-Wl,-z,norelro", "clang|mold|-Wl,-z,noseparate-code"})
    void smallLibraryOfAnyLinker(String compiler, String linker, String option) throws Exception {
        Needed.commands("ld." + linker);
        options.add("-fuse-ld=" + linker);
        if (option != null) {
            options.add(option);
        }
        library(compiler);
        options.clear();
        try (RunningServer server = RunningServer.plain(user())) {
            appliesAndReverts(server, fix("liblaid.so"), Consistency.DEFAULT);
        }
    }

    @ParameterizedTest
    @CsvSource({"view,-pie,bfd", "view,-no-pie,bfd", "executable-view,-pie,bfd", "executable-view,-no-pie,bfd",
            "executable-view,-pie,lld", "moved,-pie,bfd", "moved,-no-pie,bfd", "moved,-pie,lld"})
    void programThatMapsOrMovesItself(String how, String kind, String linker) throws Exception {
        Needed.commands("clang", "ld.lld");
        options.addAll(List.of("-DOWN", kind.equals("-pie") ? "-fpie" : "-fno-pie", kind, "-fuse-ld=" + linker));
        Path program = built(linker.equals("lld") ? "clang" : "gcc", "own", "laid_out_main.c");
        try (RunningServer server = RunningServer.plain(program, how)) {
            appliesAndReverts(server, fix("exe"), Consistency.DEFAULT);
            appliesAndReverts(server, fix("exe"), Consistency.perThread(Duration.ofSeconds(5)));
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                assertThat(process.stacks().toString()).contains("main");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"view", "executable-view", "moved"})
    void libraryThatTheProgramMapsOnceMore(String how) throws Exception {
        Path library = library("gcc");
        try (RunningServer server = RunningServer.plain(user(), how, library.toString())) {
            appliesAndReverts(server, fix("liblaid.so"), Consistency.DEFAULT);
        }
    }

    @Test
    void oneOfTwoNamespacesIsChosenByAddress() throws Exception {
        Path library = library("gcc");
        try (RunningServer server = RunningServer.plain(user(), "namespaces", library.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Refusal.TargetAmbiguous ambiguous = (Refusal.TargetAmbiguous) process.plan(fix("liblaid.so")).refusals()
                    .getFirst();
            assertThat(ambiguous.paths()).hasSize(2).doesNotHaveDuplicates();
            List<String> seen = new ArrayList<>();
            for (String place : ambiguous.paths()) {
                LivePatch patch = fix(place);
                process.apply(patch);
                seen.add(server.ask("a1") + " " + server.ask("b1"));
                process.revert(patch.id());
                assertThat(server.ask("a1") + " " + server.ask("b1")).isEqualTo("1001 1001");
            }
            assertThat(seen).containsExactlyInAnyOrder("2001 1001", "1001 2001");
            assertThatThrownBy(() -> process.apply(fix("liblaid.so"))).isInstanceOf(RefusedException.class);
        }
    }
}
