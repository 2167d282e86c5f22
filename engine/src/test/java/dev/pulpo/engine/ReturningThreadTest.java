package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.TransactionLink.Mark;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A patch that was to go comes back over code into whose first bytes a thread returns. It would not survive that, so it is
 * waited for, also where nobody asked for quiescence.
 */
class ReturningThreadTest {
    private static final Consistency SOON = new Consistency(Consistency.Level.NONE, Duration.ofMillis(200));

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.entriesMain();
    }

    private static LivePatch patch(String function) {
        return LivePatch.of(victims.entriesFix(1)).target("libentries.so").replace(function, "fixed");
    }

    private static void isBackOnceItHasLeft(RunningServer server, LiveProcess process) throws Exception {
        assertThat(HalfLeft.states(server.pid())).contains(State.REVERTING, State.PENDING);
        assertThatThrownBy(() -> process.apply(patch("plain"), SOON)).isInstanceOf(BlockedException.class)
                .hasMessageContaining("calls_first");
        assertThat(server.ask("tiny")).isEqualTo("0");
        assertThat(server.ask("leave")).isEqualTo("0");
        process.apply(patch("plain"));
        process.revert(patch("plain").id());
        assertThat(process.patches()).singleElement().satisfies(applied -> {
            assertThat(applied.id()).isEqualTo(patch("calls_first").id());
            assertThat(applied.status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
        });
        assertThat(process.revert(patch("calls_first").id()).unloaded()).isTrue();
        assertThat(server.ask("tiny")).isEqualTo("0");
    }

    @Test
    void theNextToolWaits() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.entriesMain());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch("calls_first"));
            HalfLeft.reverting(List.of(server.pid())).leave(server.pid(), Mark.OPEN);
            assertThat(server.ask("linger")).isEqualTo("0");
            isBackOnceItHasLeft(server, process);
        }
    }

    @Test
    void whoUndoesItWaits() throws Exception {
        try (RunningServer one = RunningServer.preloaded(victims.entriesMain());
                RunningServer two = RunningServer.preloaded(victims.entriesMain());
                LiveProcess first = LiveProcess.attach(one.pid());
                LiveProcess second = LiveProcess.attach(two.pid())) {
            Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
            for (LiveProcess process : List.of(first, second)) {
                process.apply(patch("calls_first"));
                ids.put(process, List.of(patch("calls_first").id()));
            }
            List<String> lingering = new ArrayList<>();
            TransactionReport report;
            try (Watch watch = new Watch(two.pid(), call -> {
                if (call.beginsStop() && lingering.isEmpty()) {
                    lingering.add(one.ask("linger"));
                    Await.killed(two.pid());
                }
            })) {
                report = Transaction.revert(ids, SOON);
                assertThat(watch).isNotNull();
            }
            assertThat(lingering).containsExactly("0");
            assertThat(report.processes().getFirst()).isInstanceOfSatisfying(TransactionReport.Result.LeftBehind.class,
                    left -> assertThat(left.why()).isInstanceOf(BlockedException.class));
            assertThat(report.processes().getLast()).isInstanceOf(TransactionReport.Result.Gone.class);
            isBackOnceItHasLeft(one, first);
        }
    }
}
