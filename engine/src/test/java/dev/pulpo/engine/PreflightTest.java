package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Preflight.Kind;
import dev.pulpo.engine.Preflight.Severity;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.scene();
    }

    private static List<Kind> found(Preflight preflight, Severity severity) {
        return preflight.findings().stream().filter(finding -> finding.severity() == severity)
                .map(Preflight.Finding::kind).toList();
    }

    @Test
    void processThatCanBePatched() {
        try (RunningServer server = RunningServer.preloaded(victims.scene())) {
            Preflight preflight = Preflight.of(server.pid());
            assertThat(preflight.isPatchable()).isTrue();
            assertThat(preflight.hasStub()).isTrue();
            assertThat(preflight.prepared()).containsExactlyInAnyOrder(victims.scene().toString(),
                    victims.privateLibrary().toString());
            assertThat(preflight.findings()).isEmpty();
            assertThat(Preflight.candidates()).contains(server.pid());
        }
        try (RunningServer server = RunningServer.plain(victims.scene())) {
            Preflight preflight = Preflight.of(server.pid());
            assertThat(preflight.isPatchable()).isTrue();
            assertThat(found(preflight, Severity.NOTE)).containsExactly(Kind.NO_STUB);
        }
    }

    @Test
    void switchedOffAndFiltered() {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.setPatchable(false);
            assertThat(found(Preflight.of(server.pid()), Severity.OBSTACLE)).containsExactly(Kind.DISABLED);
            process.setPatchable(true);
            server.ask("seccomp kill");
            assertThat(found(Preflight.of(server.pid()), Severity.DOUBT)).containsExactly(Kind.SECCOMP);
        }
    }

    @Test
    void programWithoutLoaderAndProgramWithoutPreparedFunctions() {
        Path program = victims.standalone("static.c", "-static");
        try (LaunchedProcess process = new Launcher(program.toString()).start()) {
            assertThat(found(Preflight.of(process.pid()), Severity.OBSTACLE)).containsExactly(Kind.STATIC);
        }
        try (LaunchedProcess process = new Launcher("cat").start()) {
            assertThat(found(Preflight.of(process.pid()), Severity.DOUBT)).contains(Kind.NOTHING_PREPARED);
        }
    }

    @Test
    void childOfProcessBuilderTracedProcessAndNoProcess() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            assertThat(found(Preflight.of((int) child.pid()), Severity.OBSTACLE)).containsExactly(Kind.NO_PERMISSION);
        } finally {
            child.destroyForcibly().waitFor();
        }
        // No pid is that high: the kernel's limit is 2^22.
        assertThat(found(Preflight.of(99_999_999), Severity.OBSTACLE)).containsExactly(Kind.GONE);
    }
}
