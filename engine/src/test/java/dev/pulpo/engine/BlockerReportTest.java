package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.ProcFs;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whoever is told that threads stand in the way learns which, where, in which system call, since when and what helps. */
class BlockerReportTest {
    private static final Consistency BRIEFLY = Consistency.functionQuiescent(Duration.ofMillis(300));

    @TempDir
    static Path directory;
    static Path program;
    static LivePatch patch;

    @BeforeAll
    static void build() {
        Victims victims = new Victims(directory);
        program = victims.program("waiting.c", "-pthread", "-fpatchable-function-entry=16,14");
        patch = LivePatch.of(victims.fix(2)).target("exe").replace("visited", "fixed_answer");
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"poll,poll,send it", "accept,accept,send it", "read,read,send it", "epoll,epoll_wait,send it",
            "sleep,clock_nanosleep,wakes up", "futex,futex,lock", "timedfutex,futex,lock", "child,wait4,child",
            "signal,rt_sigtimedwait,signal", "run,'',loop"})
    void threadInASystemCallIsReportedWithIt(String kind, String call, String remedy) throws Exception {
        Instant began = Instant.now();
        try (RunningServer server = RunningServer.preloaded(program, kind, "1");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            int tid = Integer.parseInt(server.ask("tid"));
            awaitCall(server.pid(), tid, !call.isEmpty());
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, blocked -> {
                        assertThat(blocked.blockers()).singleElement()
                                .isInstanceOfSatisfying(Blocker.InsideFunction.class, inside -> {
                                    assertThat(inside.function()).isEqualTo("visited");
                                    BlockingThread thread = inside.thread();
                                    assertThat(thread.tid()).isEqualTo(tid);
                                    assertThat(thread.name()).isEqualTo("waiter");
                                    assertThat(thread.systemCall().orElse("")).isEqualTo(call);
                                    assertThat(thread.stack().get(thread.frame())).startsWith("visited+");
                                    assertThat(thread.stack()).anyMatch(frame -> frame.startsWith("wait_for_it"))
                                            .anyMatch(frame -> frame.startsWith("waiter+"));
                                    assertThat(thread.looks()).isGreaterThan(1);
                                    assertThat(thread.since()).isBetween(began, Instant.now());
                                    assertThat(thread.blocking()).isPositive();
                                    assertThat(inside.remedy()).contains(remedy, "Consistency.timeout",
                                            "Consistency.Level.NONE");
                                    assertThat(inside.remedies())
                                            .contains(new Remedy.AskFor(Consistency.Level.NONE));
                                });
                        assertThat(blocked).hasMessageContaining("thread " + tid + " (waiter) is inside visited")
                                .hasMessageContaining("  > visited+").hasMessageContaining("what helps: ")
                                .hasMessageContaining(call.isEmpty()
                                        ? "it is in no system call"
                                        : "it sits in the system call " + call + ";");
                    });
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("go")).isEqualTo("gone");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }

    /** The victim says that its threads are about to wait; the kernel says that they do. */
    private static void awaitCall(int pid, int tid, boolean waits) throws Exception {
        Await.that("the thread waits", () -> !waits || ProcFs.systemCall(pid, tid).isPresent());
    }

    @Test
    void threadsAtTheSamePlaceAreToldOfOnce() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "poll", "20");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int tid : ProcFs.threads(server.pid())) {
                awaitCall(server.pid(), tid, true);
            }
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, blocked -> {
                        assertThat(blocked.blockers()).hasSize(20)
                                .allSatisfy(blocker -> assertThat(blocker.stack()).hasSizeGreaterThan(3));
                        assertThat(String.valueOf(blocked.getMessage()).split("is inside visited", -1)).hasSize(2);
                        assertThat(blocked).hasMessageContaining(" and 12 more: each is inside visited");
                    });
            assertThat(server.ask("go")).isEqualTo("gone");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }

    @Test
    void lessIsRecommendedWhereItWouldDo() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "read", "1");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            awaitCall(server.pid(), Integer.parseInt(server.ask("tid")), true);
            assertThatThrownBy(() -> process.apply(process.plan(patch),
                    Consistency.libraryQuiescent(Duration.ofMillis(100))))
                    .isInstanceOfSatisfying(BlockedException.class, blocked -> assertThat(blocked.blockers())
                            .allSatisfy(blocker -> assertThat(blocker.remedy())
                                    .contains("Consistency.Level.FUNCTION_QUIESCENT")));
            Outcome outcome = process.apply(process.plan(patch), Consistency.none());
            assertThat(outcome.attempts()).isEqualTo(1);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }
}
