package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.Signals;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Targets in which such tools lie or kill. In each, what is reported is what is so, a hundred times out of a hundred. */
class HazardTest {
    private static final int ROUNDS = 100;
    private static final int KILLS = 40;

    @TempDir
    static Path directory;
    static Victims victims;
    static Path hazards;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.server();
        hazards = victims.linked("hazards.c");
        victims.fix(2);
    }

    private static LivePatch patch() {
        return LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    /** Applies and reverts, and asks the process itself each time. */
    private static void rounds(RunningServer server, int rounds, Consistency consistency) throws Exception {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchId id = patch().id();
            for (int i = 0; i < rounds; i++) {
                process.apply(process.plan(patch()), consistency);
                assertThat(server.ask("answer")).as("applied, round %d", i).isEqualTo("2");
                process.revert(id, consistency);
                assertThat(server.ask("answer")).as("reverted, round %d", i).isEqualTo("1");
            }
            assertThat(process.patches()).isEmpty();
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void vectorRegistersOfBorrowedThreadsSurvive(boolean preloaded) throws Exception {
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(hazards, "vectors")
                : RunningServer.plain(hazards, "vectors")) {
            rounds(server, ROUNDS, Consistency.DEFAULT);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isPositive();
        }
    }

    @Test
    void profilingTimerDoesNotDisturb() throws Exception {
        try (RunningServer server = RunningServer.preloaded(hazards, "timer")) {
            rounds(server, ROUNDS, Consistency.DEFAULT);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("ticks"))).isPositive();
        }
    }

    @Test
    void stoppedProcessIsPatchedAndStaysStopped() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "3", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 20; i++) {
                Processes.kill(server.pid(), Signals.SIGSTOP);
                awaitState(server.pid(), 'T');
                process.apply(patch());
                awaitState(server.pid(), 'T');
                Processes.kill(server.pid(), Signals.SIGCONT);
                assertThat(server.ask("answer")).isEqualTo("2");
                process.revert(patch().id());
                assertThat(server.ask("answer")).isEqualTo("1");
            }
        }
    }

    private static void awaitState(int pid, char state) throws Exception {
        Await.that("threads in state " + state,
                () -> ProcFs.liveThreads(pid).stream().allMatch(tid -> ProcFs.state(pid, tid) == state));
    }

    @Test
    void processWhoseMainThreadHasExitedIsPatched() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "3", "sleep")) {
            endMainThread(server);
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                for (int i = 0; i < 20; i++) {
                    process.apply(patch());
                    assertThat(process.patches()).singleElement().satisfies(
                            applied -> assertThat(applied.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
                    process.revert(patch().id());
                    assertThat(process.patches()).isEmpty();
                }
            }
        }
    }

    @Test
    void processWhoseMainThreadExitsBetweenPlanAndApplyIsPatched() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "3", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch());
            endMainThread(server);
            assertThat(process.apply(plan, Consistency.DEFAULT).kind()).isEqualTo(Outcome.Kind.APPLIED);
            assertThat(process.patches()).singleElement()
                    .satisfies(applied -> assertThat(applied.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
            process.revert(patch().id());
            assertThat(process.patches()).isEmpty();
        }
    }

    private static void endMainThread(RunningServer server) throws Exception {
        assertThat(server.ask("exit-main")).isEqualTo("gone");
        Await.that("its main thread has ended", () -> ProcFs.isZombie(server.pid(), server.pid()));
    }

    @Tag("slow")
    @Test
    void threadsThatComeAndGoAreNoObstacle() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "8", "churn")) {
            rounds(server, ROUNDS, Consistency.DEFAULT);
        }
    }

    @Tag("slow")
    @Test
    void sixteenThreadsInMalloc() throws Exception {
        try (RunningServer server = RunningServer.plain(victims.server(), "16", "malloc")) {
            rounds(server, ROUNDS, Consistency.DEFAULT);
        }
    }

    @Tag("slow")
    @Test
    void blockedSystemCallsEndWhenAndAsTheyWouldHave() throws Exception {
        try (RunningServer server = RunningServer.preloaded(hazards, "blocked")) {
            rounds(server, 20, Consistency.DEFAULT);
            String woken = server.ask("wake");
            assertThat(woken.split(" ")).containsExactlyInAnyOrder("read=1/0", "poll=1/0", "select=1/0", "epoll=1/0",
                    "futex=0/0", "nanosleep=0/0");
        }
    }

    @Test
    void onlyThreadInEpollWaitSeesNoEintr() throws Exception {
        try (RunningServer server = RunningServer.plain(hazards, "epoll")) {
            rounds(server, ROUNDS, Consistency.DEFAULT);
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void memoryDenyWriteExecuteIsNoObstacle() throws Exception {
        try (RunningServer server = RunningServer.plain(hazards, "wx")) {
            org.junit.jupiter.api.Assumptions.assumeTrue(server.isReady(),
                    "this kernel has no PR_SET_MDWE (Linux 6.3)");
            rounds(server, 20, Consistency.DEFAULT);
        }
    }

    @Tag("slow")
    @Test
    void toolKilledAtRandomMomentsLeavesTheTargetAlive() throws Exception {
        Random random = new Random(20261123);
        try (RunningServer server = RunningServer.plain(victims.server(), "4", "sleep")) {
            for (int i = 0; i < KILLS; i++) {
                Process tool = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
                        "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                        System.getProperty("java.class.path"), ApplyForever.class.getName(),
                        Integer.toString(server.pid()), victims.fix(3).toString()).redirectErrorStream(true).start();
                try {
                    assertThat(tool.getInputStream().read()).as("the tool's sign that it begins").isEqualTo('b');
                    Thread.sleep(random.nextInt(120), random.nextInt(1_000_000));
                } finally {
                    tool.destroyForcibly().waitFor();
                }
                assertThat(server.ask("answer")).as("kill %d", i).isIn("1", "3");
                rounds(server);
            }
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    /** After a killed tool: whatever it left is told truly, and the next one works. */
    private static void rounds(RunningServer server) throws Exception {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            for (AppliedPatch left : process.patches()) {
                if (left.status() != AppliedPatch.Status.HALF_DONE) {
                    assertThat(left.status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
                    assertThat(server.ask("answer")).isEqualTo("3");
                    process.revert(left.id());
                }
            }
        }
        rounds(server, 1, Consistency.DEFAULT);
    }

    @Test
    void targetThatIsKilledAtRandomMomentsIsGone() throws Exception {
        Random random = new Random(7);
        for (int i = 0; i < KILLS; i++) {
            try (RunningServer server = RunningServer.preloaded(victims.server(), "4", "sleep");
                    LiveProcess process = LiveProcess.attach(server.pid())) {
                Thread killer = Thread.ofPlatform().start(() -> {
                    LockSupport.parkNanos(random.nextInt(12_000_000));
                    Processes.kill(server.pid(), Signals.SIGKILL);
                });
                assertThatThrownBy(() -> {
                    while (true) {
                        process.apply(patch());
                        process.revert(patch().id());
                    }
                }).as("kill %d", i).isInstanceOf(TargetGoneException.class);
                killer.join();
            }
        }
    }

    /** One that was stopped there, and that would go on in the middle of the jump, if it were left there. */
    @Test
    @Timeout(60)
    void threadBetweenTwoNopsIsSteppedPastThem() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "3", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("answer")).isEqualTo("1");
            PlannedFunction function = process.plan(patch()).functions().getFirst();
            assertThat(function.prepared()).isTrue();
            assertThat(function.original().toString()).as("two nops of one byte").endsWith("9090");
            long between = function.entry().value() + (function.endbr64() ? 4 : 0) + 1;
            try (TracerThread tracer = new TracerThread(server.pid())) {
                tracer.call(tools -> stopAt(tools, server, between));
            }
            awaitState(server.pid(), 'T');
            process.apply(process.plan(patch()), Consistency.none());
            Processes.kill(server.pid(), Signals.SIGCONT);
            assertThat(server.line()).as("the call that had begun").isEqualTo("1");
            assertThat(server.ask("answer")).isEqualTo("2");
            process.revert(patch().id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    /** Has the main thread call the function, steps it to an address, and leaves it there, with its process stopped. */
    private static boolean stopAt(TracerThread.Tools tools, RunningServer server, long address) {
        int tid = server.pid();
        Ptrace ptrace = tools.ptrace();
        assertThat(ptrace.seize(server.pid(), tid, 0)).isZero();
        assertThat(ptrace.interrupt(tid)).isZero();
        ptrace.awaitWord(tid);
        server.say("answer");
        Registers registers = tools.saved();
        for (int steps = 0; steps < 1_000_000; steps++) {
            assertThat(ptrace.readRegisters(tid, registers)).isZero();
            if (registers.rip() == address) {
                return ptrace.detach(tid, Signals.SIGSTOP) == 0;
            }
            assertThat(ptrace.step(tid, 0)).isZero();
            ptrace.awaitWord(tid);
        }
        throw new AssertionError("the thread has not come by 0x" + Long.toHexString(address));
    }

    @Test
    void tracedProcessNamesItsTracer() throws Exception {
        Needed.commands("gdb");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Process strace = new ProcessBuilder(
                    List.of("gdb", "-q", "-nx", "-batch", "-p", Integer.toString(server.pid()),
                            "-ex", "shell sleep 300"))
                    .redirectErrorStream(true).start();
            try {
                Await.that("gdb traces it", () -> ProcFs.tracerOf(server.pid(), server.pid()) != 0);
                assertThatThrownBy(() -> process.apply(patch())).isInstanceOf(AccessRefusedException.class)
                        .hasMessageContaining(Long.toString(strace.pid())).hasMessageContaining("gdb");
            } finally {
                strace.descendants().forEach(ProcessHandle::destroyForcibly);
                strace.destroyForcibly().waitFor();
            }
        }
    }
}
