package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container is for a build. What its file is called in a process is of no importance. */
class BuildIdTargetTest {
    @TempDir
    private Path directory;

    private Path library(String name, int version) throws Exception {
        return new Victims(directory).compiled(name, "updated.c", "-g", "-shared", "-fPIC", "-DVERSION=" + version);
    }

    private Path program(String name, int version) throws Exception {
        return new Victims(directory).compiled(name, "updated_main.c", "-g", "-DVERSION=" + version,
                "-L" + directory, "-l:libupdated.so", "-Wl,-rpath," + directory);
    }

    private Path container(Path old, Path replacement) throws Exception {
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, replacement, container, Set.of());
        assertThat(report.isPackable()).as(report.toString()).isTrue();
        return container;
    }

    @Test
    void programIsFoundUnderAnyName() throws Exception {
        library("libupdated.so", 1);
        Path old = program("main-1.0", 1);
        Path container = container(old, program("main-1.1", 2));
        Path renamed = Files.copy(old, directory.resolve("main"));
        try (RunningServer server = RunningServer.preloaded(renamed);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            assertThat(server.ask("p1")).isEqualTo("2001");
            process.revert(patch.id());
            assertThat(server.ask("p1")).isEqualTo("1001");
            // The container still says what it replaces.
            process.apply(patch.target("exe"));
            assertThat(server.ask("p1")).isEqualTo("2001");
        }
    }

    @Test
    void libraryWithoutSonameIsFoundUnderAnyName() throws Exception {
        Path old = library("libupdated.so", 1);
        Path program = program("main", 1);
        Path container = container(Files.copy(old, directory.resolve("kept-elsewhere.so.1")), library("new.so", 2));
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(LivePatch.open(container));
            assertThat(server.ask("a101")).isEqualTo("-1");
        }
    }

    @Test
    void nameThatTheUserGivesIsBinding() throws Exception {
        Path old = library("libupdated.so", 1);
        Path program = program("main", 1);
        LivePatch patch = LivePatch.open(container(old, library("new.so", 2)));
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(patch.target("exe")).refusals())
                    .anySatisfy(refusal -> assertThat(refusal).isInstanceOf(Refusal.BuildIdMismatch.class));
            assertThat(process.plan(patch.target("libother.so")).refusals()).singleElement()
                    .isInstanceOf(Refusal.TargetNotLoaded.class);
        }
    }

    @Test
    void anotherBuildUnderTheSameNameIsRefused() throws Exception {
        Path old = library("libupdated.so", 1);
        LivePatch patch = LivePatch.open(container(old, library("new.so", 2)));
        library("libupdated.so", 3);
        Path program = program("main", 1);
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(patch).refusals())
                    .anySatisfy(refusal -> assertThat(refusal).isInstanceOf(Refusal.BuildIdMismatch.class));
        }
    }
}
