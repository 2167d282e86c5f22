package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that wait where stacks are unusual: inside the function that changes they block, outside they do not. */
class AwkwardThreadTest {
    private static final Consistency BRIEFLY = Consistency.functionQuiescent(Duration.ofMillis(300));

    @TempDir
    static Path directory;
    static Path program;
    static LivePatch patch;

    @BeforeAll
    static void build() {
        Victims victims = new Victims(directory);
        program = victims.program("awkward.c", "-pthread", "-fpatchable-function-entry=16,14");
        patch = LivePatch.of(victims.fix(2)).target("exe").replace("visited", "fixed_answer");
    }

    @ParameterizedTest
    @CsvSource({"small,true", "handler,true", "coroutine,true", "nocfi,false"})
    void threadInsideBlocksUntilItHasLeft(String place, boolean known) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, place, "in");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            int tid = Integer.parseInt(server.ask("tid"));
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class,
                            e -> assertThat(e.blockers()).singleElement().satisfies(blocker -> {
                                assertThat(blocker.tid()).isEqualTo(tid);
                                if (known) {
                                    assertThat(blocker).isInstanceOf(Blocker.InsideFunction.class);
                                    assertThat(blocker.message()).contains("visited");
                                } else {
                                    assertThat(blocker).isInstanceOf(Blocker.UnknownStack.class);
                                    assertThat(blocker.message()).contains("without_cfi");
                                }
                            }));
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
            process.revert(patch.id());
            assertThat(server.ask("visit")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "handler", "nocfi"})
    void threadOutsideIsNoObstacle(String place) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, place, "out");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
            process.revert(patch.id());
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
        }
    }

    /** Where a stack of makecontext(3) begins nobody can tell what the thread will return to: perhaps the function. */
    @Test
    void coroutineIsNotTrusted() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "coroutine", "out");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .isInstanceOf(Blocker.UnknownStack.class));
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }
}
