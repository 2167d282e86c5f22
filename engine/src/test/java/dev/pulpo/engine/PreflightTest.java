package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.Preflight.Kind;
import dev.pulpo.engine.Preflight.Severity;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PreflightTest {
    /** The system calls of those names. */
    private static final int PAUSE = 34;
    private static final int CLOCK_NANOSLEEP = 230;

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
            int error = tracer.call(tools -> tools.ptrace().seize(server.pid(), server.pid(), 0));
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
        Await.that("the program runs",
                () -> Files.isSameFile(Path.of("/proc", Integer.toString(pid), "exe"), program));
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
            // Before its loader is done, a process has no dlopen.
            int pid = (int) child.pid();
            Await.that("it sleeps", () -> ProcFs.systemCall(pid, pid).orElse(-1) == CLOCK_NANOSLEEP);
            assertThat(found(Preflight.of(pid), Severity.OBSTACLE)).containsExactly(Kind.NO_PERMISSION);
        } finally {
            child.destroyForcibly().waitFor();
        }
        // No pid is that high: the kernel's limit is 2^22.
        assertThat(found(Preflight.of(99_999_999), Severity.OBSTACLE)).containsExactly(Kind.GONE);
    }

    private static Preflight.Finding finding(Preflight preflight, Kind kind) {
        return preflight.findings().stream().filter(finding -> finding.kind() == kind).findFirst().orElseThrow();
    }

    /** Its handlers are not run: the tracer takes the signal with which a borrowed thread announces that it is done. */
    @Test
    void processThatHandlesEverySignalThatCouldBeUsed() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("handlers")).isEqualTo("handled");
            assertThat(Preflight.of(server.pid()).isPatchable()).isTrue();
            LivePatch patch = LivePatch
                    .open(victims.container("handlers.so", 100, victims.scene(), "TARGET", "own:new_own"));
            process.apply(patch);
            assertThat(server.ask("own")).isNotEqualTo("11");
            process.revert(patch.id());
            assertThat(server.ask("own")).isEqualTo("11");
            assertThat(server.ask("handled")).isEqualTo("0");
        }
    }

    @Test
    void shadowStackWithoutStub() throws Exception {
        Path program = victims.standalone("shadow.c", "-fcf-protection=full");
        try (RunningServer server = RunningServer.plain(program)) {
            Assumptions.assumeTrue(server.isReady(),
                    "this CPU or kernel has no shadow stacks for programs: arch_prctl(2) "
                            + "refuses ARCH_SHSTK_ENABLE");
            Preflight preflight = Preflight.of(server.pid());
            assertThat(found(preflight, Severity.OBSTACLE)).containsExactly(Kind.SHADOW_STACK);
            assertThat(finding(preflight, Kind.SHADOW_STACK).remedy()).contains("LD_PRELOAD");
        }
    }

    /** In a pid namespace of its own a machine shows none of them. */
    @Test
    void threadOfTheKernel() throws Exception {
        Path name = Path.of("/proc/2/comm");
        OptionalInt kernelThread = Files.exists(name) && Files.readString(name).strip().equals("kthreadd")
                ? OptionalInt.of(2)
                : OptionalInt.empty();
        Assumptions.assumeTrue(kernelThread.isPresent(), "this pid namespace has no kernel threads: 2 is not kthreadd");
        Preflight preflight = Preflight.of(kernelThread.getAsInt());
        assertThat(preflight.findings()).singleElement().isEqualTo(new Preflight.Finding(Severity.OBSTACLE,
                Kind.KERNEL_THREAD, "it is a thread of the kernel", List.of()));
        assertThat(preflight.name()).isEqualTo("kthreadd");
        assertThat(Preflight.candidates()).doesNotContain(kernelThread.getAsInt());
    }

    @Test
    void processThatWaitsUninterruptibly() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene())) {
            assertThat(server.ask("freeze")).isEqualTo("freezing");
            Await.that("it waits", () -> ProcFs.state(server.pid(), server.pid()) == 'D');
            Preflight preflight = Preflight.of(server.pid());
            assertThat(preflight.isPatchable()).isTrue();
            assertThat(found(preflight, Severity.DOUBT)).containsExactly(Kind.UNINTERRUPTIBLE);
            assertThat(finding(preflight, Kind.UNINTERRUPTIBLE).remedy()).isEqualTo("try again when they do not");
            assertThat(server.ask("go on")).isEqualTo("thawed");
            assertThat(Preflight.of(server.pid()).findings()).isEmpty();
        }
    }

    @Test
    void programWithALoaderAndWithoutLibraries() throws Exception {
        Path program = victims.standalone("bare.c", "-nostdlib", "-nostartfiles", "-fPIE", "-pie",
                "-fno-stack-protector", "-Wl,--dynamic-linker=/lib64/ld-linux-x86-64.so.2");
        try (LaunchedProcess process = new Launcher(program.toString()).start()) {
            awaitProgram(process.pid(), program);
            // It has no other system call of its own than that in which it waits.
            Await.that("it waits", () -> ProcFs.systemCall(process.pid(), process.pid()).orElse(-1) == PAUSE);
            Preflight preflight = Preflight.of(process.pid());
            assertThat(found(preflight, Severity.OBSTACLE)).contains(Kind.NO_DLOPEN);
            assertThat(finding(preflight, Kind.NO_DLOPEN).remedy()).isEqualTo("try again when it has begun its work");
            try (LiveProcess live = LiveProcess.attach(process.pid())) {
                assertThatThrownBy(live::inject).isInstanceOfSatisfying(RefusedException.class,
                        e -> assertThat(e.refusals()).singleElement().isInstanceOf(Refusal.NoDynamicLoader.class));
            }
        }
    }
}
