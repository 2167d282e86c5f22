package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Profiles of processes whose stacks are known. */
class StackProfileTest {
    private static final Duration SOON = Duration.ofMillis(1);

    @TempDir
    private Path directory;

    private RunningServer stacks() {
        return RunningServer.plain(new Victims(directory).program("stacks.c", "-g", "-pthread", "-O2"));
    }

    /** A profile for which every thread stopped in time, as threads do unless the machine is crowded. */
    private static StackProfile whole(LiveProcess process, int samples) {
        StackProfile profile;
        do {
            profile = process.profile(samples, SOON, Optional.empty());
        } while (profile.stacks().stream().anyMatch(stack -> words(stack).getFirst().equals(StackProfile.INCOMPLETE)));
        return profile;
    }

    private static List<String> words(StackProfile.Stack stack) {
        return stack.frames().stream().map(StackProfile.Frame::toString).toList();
    }

    /** The frames of a stack as a profile has them, the outermost first. */
    private static List<String> words(ThreadStack stack) {
        return stack.frames().reversed().stream()
                .map(frame -> frame.function() + (frame.inlined() ? " (inlined)" : "")).toList();
    }

    @Test
    void threadsThatStayAreCountedInEachSample() throws Exception {
        try (RunningServer server = stacks(); LiveProcess process = LiveProcess.attach(server.pid())) {
            List<ThreadStack> known = process.stacks();
            StackProfile profile = whole(process, 10);
            System.out.println(profile);
            assertThat(profile.samples()).isEqualTo(10);
            assertThat(profile.stacks()).hasSize(6).allSatisfy(stack -> {
                assertThat(stack.count()).isEqualTo(10);
                assertThat(stack.running()).isFalse();
                assertThat(stack.thread()).isEqualTo("stacks");
            });
            assertThat(profile.stacks().stream().map(StackProfileTest::words))
                    .containsExactlyInAnyOrderElementsOf(known.stream().map(StackProfileTest::words).toList());
            assertThat(profile.stacks()).anySatisfy(stack -> assertThat(words(stack)).contains("in_callback", "compare",
                    "wait_forever (inlined)")).anySatisfy(stack -> assertThat(words(stack)).contains("deep")
                            .filteredOn("recurse"::equals).hasSizeGreaterThan(290));
            assertThat(profile.count()).isEqualTo(60);

            assertThat(profile.cost().stream().map(StackProfile.Cost::tid))
                    .containsExactlyInAnyOrderElementsOf(known.stream().map(ThreadStack::tid).toList());
            assertThat(profile.cost()).allSatisfy(cost -> {
                assertThat(cost.stops()).isGreaterThanOrEqualTo(10);
                assertThat(cost.longest()).isPositive();
                assertThat(cost.total()).isGreaterThanOrEqualTo(cost.longest())
                        .isLessThanOrEqualTo(cost.longest().multipliedBy(cost.stops()));
            });
            assertThat(server.ask("s")).as("a call that must not end").isEqualTo("received 42");
        }
    }

    @Test
    void stackThatIsCutSaysSo() throws Exception {
        try (RunningServer server = stacks(); LiveProcess process = LiveProcess.attach(server.pid())) {
            StackProfile profile = process.profile(1, Duration.ZERO, Optional.of(Duration.ofNanos(1)));
            assertThat(profile.stacks())
                    .filteredOn(stack -> words(stack).getFirst().equals(StackProfile.INCOMPLETE)).singleElement()
                    .satisfies(stack -> assertThat(words(stack)).contains("recurse").doesNotContain("deep")
                            .hasSizeLessThan(25));
            assertThat(profile.stacks()).hasSize(6);
        }
    }

    @Test
    void runningThreadsAreToldFromWaitingOnes() throws Exception {
        try (RunningServer server = RunningServer.plain(new Victims(directory).server(), "1", "spin");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            StackProfile profile = process.profile(20, SOON, Optional.empty());
            Map<Boolean, List<StackProfile.Stack>> byState = profile.stacks().stream()
                    .collect(Collectors.partitioningBy(StackProfile.Stack::running));
            assertThat(byState.get(true)).isNotEmpty();
            assertThat(byState.get(false)).anyMatch(stack -> words(stack).contains("main"));
        }
    }

    @Test
    void endOfTheProcessEndsTheSampling() throws Exception {
        try (RunningServer server = stacks(); LiveProcess process = LiveProcess.attach(server.pid())) {
            CompletableFuture<Void> killer = CompletableFuture.runAsync(() -> {
                try {
                    Await.that("it is looked at", () -> ProcFs.tracerOf(server.pid(), server.pid()) != 0);
                    Processes.kill(server.pid(), Signals.SIGKILL);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            StackProfile profile = process.profile(1_000_000, SOON, Optional.empty());
            killer.join();
            assertThat(profile.samples()).isBetween(1, 999_999);
            assertThatThrownBy(() -> process.profile(1, SOON, Optional.empty()))
                    .isInstanceOf(TargetGoneException.class);
        }
    }

    @Test
    void whatMakesNoSenseIsRefused() throws Exception {
        try (RunningServer server = stacks(); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.profile(0, SOON, Optional.empty()))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
