package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads are borrowed, or left alone, whose stacks have hardly any room, or are those of signal handlers. */
@Timeout(120)
class OddStackTest {
    private static final int ROUNDS = 10;

    private static final String NO_ROOM = "its stack has no room for a signal frame";
    private static final int LOOKS = 20;

    @TempDir
    static Path directory;
    static Path program;
    static LivePatch patch;

    @BeforeAll
    static void build() {
        Victims victims = new Victims(directory);
        // The loader needs more stack to bind a function than there is.
        program = victims.program("odd.c", "-pthread", "-fpatchable-function-entry=16,14", "-Wl,-z,now");
        patch = LivePatch.of(victims.fix(2)).target("exe").replace("visited", "fixed_answer");
    }

    private static RunningServer server(boolean preloaded, String kind) {
        return preloaded ? RunningServer.preloaded(program, kind) : RunningServer.plain(program, kind);
    }

    private static void rounds(RunningServer server) throws Exception {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < ROUNDS; i++) {
                process.apply(patch);
                assertThat(server.ask("visit")).isEqualTo("2");
                process.revert(patch.id());
                assertThat(server.ask("visit")).isEqualTo("1");
            }
        }
    }

    /** With a stub the call has a stack of its own; without one the frame goes onto the thread's. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadWithHardlyAnyStackIsLeftAloneOrComesBack(boolean preloaded) throws Exception {
        try (RunningServer server = server(preloaded, "low")) {
            rounds(server);
            long before = Long.parseLong(server.ask("rounds"));
            while (Long.parseLong(server.ask("rounds")) <= before) {
                Thread.onSpinWait();
            }
        }
    }

    @Test
    void whereThereIsNoOtherThreadThatIsSaid() throws Exception {
        try (RunningServer server = server(false, "low"); LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch);
            assertThat(server.ask("alone")).isEqualTo("alone");
            // What is told is what the last look saw; on a crowded machine the thread may not have stopped for it.
            String told = "";
            for (int i = 0; i < LOOKS && !told.contains(NO_ROOM); i++) {
                told = blocked(process, plan);
                assertThat(process.hasStub()).isFalse();
            }
            assertThat(told).contains(NO_ROOM);
        }
    }

    private static String blocked(LiveProcess process, PatchPlan plan) {
        Consistency briefly = Consistency.functionQuiescent(Duration.ofMillis(300));
        return String.valueOf(assertThatExceptionOfType(BlockedException.class)
                .isThrownBy(() -> process.apply(plan, briefly)).actual().getMessage());
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void threadOnItsAlternateStackComesBackToIt(boolean preloaded) throws Exception {
        try (RunningServer server = server(preloaded, "alternate")) {
            assertThat(server.ask("stack")).isEqualTo("1");
            rounds(server);
            assertThat(server.ask("stack")).isEqualTo("1");
        }
    }
}
