package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Preflight.Kind;
import dev.pulpo.engine.Preflight.Severity;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
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
    void whoTracesItIsNamed() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                TracerThread tracer = new TracerThread(server.pid())) {
            int error = tracer.call(tools -> tools.ptrace().seize(server.pid(), 0));
            assertThat(error).isZero();
            assertThat(Preflight.of(server.pid()).findings()).filteredOn(
                    finding -> finding.severity() == Severity.OBSTACLE).singleElement().satisfies(finding -> {
                        assertThat(finding.kind()).isEqualTo(Kind.TRACED);
                        assertThat(finding.message()).matches("process \\d+ \\(.+\\) traces it");
                        assertThat(finding.remedy()).isEqualTo("end that debugger or tracer first");
                    });
        }
    }

    @Test
    void programOfAnotherMachine() throws Exception {
        Path program = victims.standalone("narrow.c", "-m32", "-nostdlib", "-static", "-fno-pie", "-no-pie",
                "-fno-stack-protector");
        try (LaunchedProcess process = new Launcher(program.toString()).start()) {
            awaitProgram(process.pid(), program);
            assertThat(found(Preflight.of(process.pid()), Severity.OBSTACLE)).containsExactly(Kind.WRONG_MACHINE);
        } catch (SystemCallException refused) {
            Assumptions.abort("this kernel runs no 32-bit programs: " + refused.getMessage());
        }
    }

    private static void awaitProgram(int pid, Path program) throws Exception {
        long deadline = System.nanoTime() + Duration.ofSeconds(5).toNanos();
        while (!Files.isSameFile(Path.of("/proc", Integer.toString(pid), "exe"), program)) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            Thread.onSpinWait();
        }
    }

    @Test
    void processThatSeesOtherFiles() throws Exception {
        Needed.root();
        try (RunningServer server = RunningServer.preloaded(victims.scene())) {
            assertThat(server.ask("chroot " + directory)).isEqualTo("changed");
            assertThat(found(Preflight.of(server.pid()), Severity.NOTE)).contains(Kind.OTHER_ROOT);
        }
    }

    /** Which files a process runs is for all of its user to see; where one is gone only root can read it. */
    @Test
    void whatOnlyRootCanReadAndWhatIsNobodysBusiness() throws Exception {
        Needed.root();
        Needed.commands("setpriv");
        OtherUser nobody = new OtherUser(65_534, directory);
        Path library = victims.compiled("libgone.so", "answer.c", "-shared", "-fPIC");
        try (RunningServer server = RunningServer
                .of(new Launcher(nobody.command(List.of(victims.scene().toString()))))) {
            assertThat(server.ask("open " + library)).isEqualTo("open");
            Files.delete(library);
            assertThat(nobody.run(PreflightOnce.class, Integer.toString(server.pid())).output())
                    .contains("UNREADABLE_FILES doubt: ", library.toString(), "run as root");
        }
        try (RunningServer server = RunningServer.preloaded(victims.scene())) {
            assertThat(nobody.run(PreflightOnce.class, Integer.toString(server.pid())).output())
                    .contains("NO_PERMISSION obstacle: ", "it belongs to user 0 and this is user 65534",
                            "run as that user, as root or with CAP_SYS_PTRACE");
        }
    }

    @Test
    void childOfProcessBuilderAndNoProcess() throws Exception {
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
