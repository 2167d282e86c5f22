package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Shadow variables and states: what patches keep in a process beside its own data. */
class ShadowTest {
    @TempDir
    static Path directory;
    static GrownStruct struct;

    @BeforeAll
    static void build() throws Exception {
        struct = new GrownStruct(new Victims(directory));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void grownStructIsKeptOverStackedPatchesAndGoesWithTheLast(boolean preloaded) throws Exception {
        try (RunningServer server = struct.start(preloaded); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch first = struct.counting(1);
            LivePatch second = struct.counting(2);
            assertThat(process.shadows()).isEmpty();
            process.apply(first);
            assertThat(server.ask("steady 1")).isEqualTo("so");
            GrownStruct.goRound(server, 4_000);
            process.apply(second);
            GrownStruct.goRound(server, 1_000);
            Await.that("there are values", () -> !process.shadows().isEmpty());
            assertThat(process.shadows()).singleElement().satisfies(variables -> {
                assertThat(variables.id()).isEqualTo(1234);
                assertThat(variables.count()).isBetween(1L, 100L);
                assertThat(variables.bytes()).isBetween(16L, 1600L);
            });
            process.revert(second.id());
            GrownStruct.goRound(server, 1_000);
            Await.that("values are kept", () -> !process.shadows().isEmpty());
            assertThat(server.ask("steady 0")).isEqualTo("so");
            // What is in progress is not counted by a patch that is gone.
            GrownStruct.goRound(server, 100);
            assertThat(process.revert(first.id()).unloaded()).isTrue();
            assertThat(process.shadows()).isEmpty();
            GrownStruct.goRound(server, 1_000);
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void newerStateIsNotGivenToAnOlderPatch() throws Exception {
        Called called = new Called(directory);
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch old = called.patch("o", 2, "-DSTATE=1");
            LivePatch newer = called.patch("n", 3, "-DSTATE=2");
            process.apply(old);
            process.apply(newer);
            assertThat(server.ask("log")).isEqualTo("0<o+o1<n+n");
            LivePatch late = called.patch("l", 4, "-DSTATE=1");
            assertThatThrownBy(() -> process.apply(late)).isInstanceOf(RefusedException.class).hasMessageContaining(
                    "knows version 1 of the state 9, and patch " + newer.id().shortForm()
                            + " in force has left version 2");
            assertThatThrownBy(() -> process.apply(process.planInstead(List.of(late), "target"), Consistency.DEFAULT))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("has left version 2");
            process.revert(newer.id());
            process.apply(late);
            assertThat(server.ask("log")).isEqualTo("0<o+o1<n+n-n>n1<l+l");
            // In one stop, an older one cannot come on top either.
            assertThatThrownBy(() -> process.apply(process.plan(List.of(newer, called.patch("x", 5, "-DSTATE=1"))),
                    Consistency.DEFAULT)).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("has left version 2");
        }
    }
}
