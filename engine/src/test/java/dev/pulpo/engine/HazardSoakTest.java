package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short form of the soak: each hazard that {@link HazardTest} does not have, for a few rounds. */
class HazardSoakTest {
    @TempDir
    static Path directory;
    static HazardSoak soak;

    @BeforeAll
    static void build() {
        soak = new HazardSoak(directory);
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"signals", "restart", "restart-injected", "forks", "vforks", "stopped-at-random",
            "frozen-at-random", "signals/thread", "churn/thread", "rseq", "users", "namespaces", "two-tools",
            "coroutine", "stale-pointer", "shared-memory", "shadow", "callbacks-killed", "interrupted",
            "leader-exits", "target-execs", "target-out-of-memory"})
    void nothingIsLostAndNothingIsReportedThatIsNotSo(String hazard) throws Exception {
        Optional<String> missing = HazardSoak.missing(hazard);
        Assumptions.assumeTrue(missing.isEmpty(), () -> missing.orElse(""));
        HazardSoak.Tally tally = soak.run(hazard, 5);
        assertThat(tally.unexpected).isEmpty();
        assertThat(tally.isClean()).as("%s%n%s", HazardSoak.HEADER, tally).isTrue();
        assertThat(tally.rounds).isGreaterThanOrEqualTo(5);
    }

    /** The target stands still, as it must never; whoever waits for it gets on. */
    @Test
    void roundThatHangsIsEndedAndCounted() {
        try (RunningServer server = RunningServer.plain(soak.victims().server(), "2", "sleep")) {
            Processes.kill(server.pid(), Signals.SIGSTOP);
            RoundWatch watch = new RoundWatch("this test", server.pid(), Duration.ofMillis(100));
            try (watch) {
                assertThatThrownBy(() -> server.ask("answer")).isInstanceOf(IllegalStateException.class)
                        .hasMessageContaining("has ended");
            }
            assertThat(watch.hung()).isTrue();
        }
        try (RunningServer server = RunningServer.plain(soak.victims().server(), "2", "sleep")) {
            RoundWatch watch = new RoundWatch("this test", server.pid(), Duration.ofMinutes(1));
            try (watch) {
                assertThat(server.ask("answer")).isEqualTo("1");
            }
            assertThat(watch.hung()).isFalse();
        }
    }
}
