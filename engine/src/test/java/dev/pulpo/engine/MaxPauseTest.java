package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A stop that would exceed its budget is released before anything has changed, and tried again. */
class MaxPauseTest {
    private static final Duration LONG = Duration.ofSeconds(60);

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.server();
        victims.fix(2);
    }

    private static LivePatch patch() {
        return LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    @Test
    void budgetThatNobodyCanKeepIsAFailureWithNumbers() throws Exception {
        Consistency demanded = Consistency.functionQuiescent(Duration.ofMillis(200)).maxPause(Duration.ofNanos(1));
        try (RunningServer server = RunningServer.preloaded(victims.server(), "8", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch()), demanded))
                    .isInstanceOfSatisfying(PauseExceededException.class, e -> {
                        assertThat(e.maxPause()).isEqualTo(Duration.ofNanos(1));
                        assertThat(e.shortest()).isGreaterThan(e.maxPause());
                        assertThat(e.attempts()).isPositive();
                        assertThat(e).hasMessageContaining("at most 0 µs").hasMessageContaining("Consistency.maxPause");
                        assertThat(e.remedies()).contains(Remedy.Action.ALLOW_LONGER_STOP);
                    });
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(process.patches()).isEmpty();
            process.apply(patch());
            assertThat(server.ask("answer")).isEqualTo("2");
            assertThatThrownBy(() -> process.revert(patch().id(), demanded))
                    .isInstanceOf(PauseExceededException.class);
            assertThat(server.ask("answer")).isEqualTo("2");
            assertThat(process.patches()).singleElement().satisfies(
                    patch -> assertThat(patch.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
            process.revert(patch().id());
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void budgetThatIsKeptChangesNothing() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "8", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Outcome applied = process.apply(process.plan(patch()),
                    Consistency.functionQuiescent(LONG).maxPause(LONG));
            System.out.println(applied);
            assertThat(applied.released()).isZero();
            assertThat(applied.longest()).isPositive().isLessThanOrEqualTo(applied.total());
            assertThat(applied.pause()).as("a thread was stopped with all others once, and one was borrowed once")
                    .isEqualTo(Collections.max(List.of(applied.longest(), applied.borrowed())));
            assertThat(applied.toString()).contains(", pause ", ", longest stop of one thread ")
                    .doesNotContain("released");
            assertThat(server.ask("answer")).isEqualTo("2");
        }
    }

    /** The machine is slow in three stops: while threads stop, or while they are looked at. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    @SuppressWarnings("try") // the resource is there to be closed
    void stopThatTakesTooLongIsReleasedAndTriedAgain(boolean whileStopping) throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "4", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch());
            AtomicInteger stops = new AtomicInteger();
            AtomicBoolean inStop = new AtomicBoolean();
            Outcome reverted;
            try (Watch watch = new Watch(server.pid(), call -> {
                if (call.beginsStop()) {
                    inStop.set(stops.incrementAndGet() <= 3);
                }
                if (inStop.get() && (whileStopping ? call.isInterrupt() : call.isRegisters())) {
                    inStop.set(false);
                    LockSupport.parkNanos(Duration.ofMillis(700).toNanos());
                }
            })) {
                reverted = process.revert(patch().id(),
                        Consistency.functionQuiescent(LONG).maxPause(Duration.ofMillis(500)));
            }
            System.out.println(reverted);
            assertThat(reverted.released()).isGreaterThanOrEqualTo(3).isLessThan(reverted.attempts());
            assertThat(reverted.longest()).isGreaterThan(Duration.ofMillis(500)).isGreaterThan(reverted.stop());
            assertThat(reverted.toString()).contains(" attempts released as too long");
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void noBudgetIsNoDuration() {
        assertThatThrownBy(() -> Consistency.DEFAULT.maxPause(Duration.ZERO))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
