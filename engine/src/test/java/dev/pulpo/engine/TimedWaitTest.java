package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Who waits for events with a timeout wakes when it is over, however often the process was stopped meanwhile. */
@Tag("slow")
class TimedWaitTest {
    /** As in the program. */
    private static final long WAIT_MILLIS = 6000;
    private static final Duration BEFORE_THE_STOPS = Duration.ofSeconds(4);
    /** A thread that was preempted on its way into a stop waits anew with its whole timeout. */
    private static final int PREEMPTED = 2;

    @TempDir
    static Path directory;
    static Path program;
    static LivePatch patch;

    /** What one thread says. */
    private record Wait(long took, long returned, long r10) {}

    @BeforeAll
    static void build() {
        Victims victims = new Victims(directory);
        program = victims.linked("waits.c");
        patch = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    @Test
    void threadsWakeWhenTheirTimeIsOver() throws Exception {
        List<Wait> waits = waitsAcrossStops("12");
        assertThat(waits).hasSize(12).allSatisfy(wait -> {
            assertThat(wait.returned()).isZero();
            assertThat(wait.took()).isGreaterThanOrEqualTo(WAIT_MILLIS);
        });
        List<Wait> inLibc = new ArrayList<>();
        for (int i = 0; i < waits.size(); i++) {
            if (i % 3 == 2) {
                // Code that reads the register that holds the timeout sees what it has put there.
                assertThat(waits.get(i).r10()).isEqualTo(WAIT_MILLIS);
            } else {
                inLibc.add(waits.get(i));
            }
        }
        assertThat(inLibc.stream().filter(TimedWaitTest::isOnTime)).as("%s", waits)
                .hasSizeGreaterThanOrEqualTo(inLibc.size() - PREEMPTED);
    }

    @Test
    void theOnlyThreadIsBorrowedAndWakesWhenItsTimeIsOver() throws Exception {
        List<Wait> waits = new ArrayList<>();
        for (int i = 0; i <= PREEMPTED && waits.stream().noneMatch(TimedWaitTest::isOnTime); i++) {
            waits.addAll(waitsAcrossStops("0"));
        }
        assertThat(waits).allSatisfy(wait -> {
            assertThat(wait.returned()).isZero();
            assertThat(wait.took()).isGreaterThanOrEqualTo(WAIT_MILLIS);
        }).anySatisfy(wait -> assertThat(isOnTime(wait)).as("%s", wait).isTrue());
    }

    /** Who waits anew after the last stop is late by as long as it had waited before. */
    private static boolean isOnTime(Wait wait) {
        return wait.took() < WAIT_MILLIS + BEFORE_THE_STOPS.toMillis() / 2;
    }

    private static List<Wait> waitsAcrossStops(String threads) throws Exception {
        try (RunningServer server = RunningServer.plain(program, threads);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            // What is slow when it is done for the first time.
            process.apply(patch);
            process.stacks();
            process.revert(patch.id());
            CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> ask(server, "wait"));
            long until = System.nanoTime() + BEFORE_THE_STOPS.toNanos();
            while (System.nanoTime() - until < 0) {
                LockSupport.parkNanos(until - System.nanoTime());
            }
            process.apply(patch);
            process.stacks();
            process.revert(patch.id());
            assertThat(answer.isDone()).as("the waits are over before the process was stopped").isFalse();
            List<Wait> waits = new ArrayList<>();
            for (String wait : answer.get(60, TimeUnit.SECONDS).strip().split(" ")) {
                String[] numbers = wait.split("/");
                waits.add(new Wait(Long.parseLong(numbers[0]), Long.parseLong(numbers[1]), Long.parseLong(numbers[2])));
            }
            return waits;
        }
    }

    private static String ask(RunningServer server, String command) {
        try {
            return server.ask(command);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
