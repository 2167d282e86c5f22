package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads change from one version of two functions to the other one after the other, each when it is outside of both. */
@Timeout(120)
class PerThreadTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Consistency AT_ONCE = Consistency.perThread(Duration.ZERO);

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
    }

    private static RunningServer start(boolean prepared, boolean preloaded, int threads) {
        Path program = victims.seats(prepared);
        RunningServer server = preloaded ? RunningServer.preloaded(program) : RunningServer.plain(program);
        for (int i = 0; i < threads; i++) {
            assertThat(server.ask("new " + i)).isEqualTo("0");
        }
        return server;
    }

    /** Applies a patch that cannot get to its end now. */
    private static Transition begin(LiveProcess process, LivePatch patch) throws Exception {
        PatchPlan plan = process.plan(patch);
        return catchThrowableOfType(InTransitionException.class, () -> process.apply(plan, AT_ONCE)).transition();
    }

    private static AppliedPatch only(LiveProcess process) {
        assertThat(process.patches()).hasSize(1);
        return process.patches().getFirst();
    }

    /** What each of the first threads says that it runs. */
    private static String versions(RunningServer server, int threads) {
        StringBuilder versions = new StringBuilder();
        for (int i = 0; i < threads; i++) {
            versions.append(server.ask(i + " v"));
        }
        return versions.toString();
    }

    @ParameterizedTest
    @CsvSource({"true,true", "true,false", "false,true", "false,false"})
    void eachThreadChangesWhenItHasLeft(boolean prepared, boolean preloaded) throws Exception {
        LivePatch patch = victims.seatsFix(prepared, 2);
        try (RunningServer server = start(prepared, preloaded, 4);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            Transition begun = begin(process, patch);
            assertThat(begun.patch()).isEqualTo(patch.id());
            assertThat(begun.direction()).isEqualTo(Transition.Direction.TO_PATCH);
            assertThat(begun.behind()).singleElement().satisfies(blocker -> {
                assertThat(blocker.tid()).isEqualTo(Integer.parseInt(server.ask("tid 0")));
                assertThat(blocker).isInstanceOf(Blocker.InsideFunction.class);
                assertThat(blocker.message()).contains("hold");
            });
            assertThat(only(process).status()).isEqualTo(AppliedPatch.Status.IN_TRANSITION);
            assertThat(only(process).functions()).allSatisfy(
                    function -> assertThat(function.standing()).isEqualTo(AppliedPatch.Standing.BY_THREAD));

            assertThat(versions(server, 4)).isEqualTo("1222");
            assertThat(server.ask("main")).isEqualTo("2");
            assertThat(server.ask("0 h")).as("a call from inside the old code").isEqualTo("1");
            assertThat(server.ask("1 h")).as("a call of a thread that has changed").isEqualTo("2");
            assertThat(server.ask("new 4")).isEqualTo("0");
            assertThat(server.ask("4 v")).as("a thread that has begun since").isEqualTo("2");
            assertThat(server.ask("0 t")).as("a thread made by one that is behind").isEqualTo("2");
            assertThat(server.ask("0 f")).as("a child of a thread that is behind").isEqualTo("1");
            assertThat(server.ask("2 f")).as("a child of one that has changed").isEqualTo("2");
            assertThat(process.transition().orElseThrow().behind()).hasSize(1);
            assertThat(server.ask("0 l")).isEqualTo("0");
            assertThatThrownBy(() -> process.awaitTransition(Duration.ZERO)).isInstanceOf(
                    InTransitionException.class);
            assertThat(versions(server, 5)).as("the outer call has not returned").isEqualTo("12222");

            CompletableFuture<Outcome> ended = CompletableFuture.supplyAsync(() -> process.awaitTransition(LONG));
            assertThat(server.ask("0 l")).isEqualTo("0");
            Outcome outcome = ended.join();
            System.out.println(outcome + ", " + outcome.attempts() + " stops");
            assertThat(outcome.kind()).isEqualTo(Outcome.Kind.APPLIED);
            assertThat(versions(server, 5)).isEqualTo("22222");
            assertThat(server.ask("0 h")).isEqualTo("2");
            assertThat(only(process).status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
            assertThat(only(process).functions()).allSatisfy(
                    function -> assertThat(function.standing()).isEqualTo(AppliedPatch.Standing.THIS_PATCH));
            assertThat(process.transition()).isEmpty();
            assertThat(server.ask("1 l")).isEqualTo("0");

            assertThatThrownBy(() -> process.revert(patch.id(), AT_ONCE))
                    .isInstanceOfSatisfying(InTransitionException.class,
                            e -> assertThat(e.transition().direction()).isEqualTo(Transition.Direction.FROM_PATCH));
            assertThat(versions(server, 5)).isEqualTo("21111");
            assertThat(server.ask("0 h")).isEqualTo("2");
            assertThat(server.ask("3 h")).isEqualTo("1");
            assertThat(server.ask("0 l")).isEqualTo("0");
            ended = CompletableFuture.supplyAsync(() -> process.awaitTransition(LONG));
            assertThat(server.ask("0 l")).isEqualTo("0");
            outcome = ended.join();
            assertThat(outcome.kind()).isEqualTo(Outcome.Kind.REVERTED);
            assertThat(outcome.unloaded()).isTrue();
            assertThat(versions(server, 5)).isEqualTo("11111");
            assertThat(process.patches()).isEmpty();
            assertThat(Files.readString(Path.of("/proc/" + server.pid() + "/maps"))).doesNotContain("seats_fix2.so");
            assertThat(server.ask("3 l")).isEqualTo("0");
            process.apply(patch);
            assertThat(versions(server, 5)).isEqualTo("22222");
        }
    }

    @Test
    void whoNobodyIsInsideOfIsInForceAtOnce() throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        try (RunningServer server = start(true, true, 2); LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 5; i++) {
                Outcome applied = process.apply(process.plan(patch), AT_ONCE);
                assertThat(applied.functions()).containsExactly("version", "hold", "steady");
                assertThat(versions(server, 2)).isEqualTo("22");
                assertThat(only(process).status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
                assertThat(process.revert(patch.id(), AT_ONCE).unloaded()).isTrue();
                assertThat(versions(server, 2)).isEqualTo("11");
                assertThat(process.patches()).isEmpty();
            }
            assertThat(process.transition()).isEmpty();
            assertThatThrownBy(process::forceTransition).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("in transition");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void forcedTransitionEndsWithAThreadInside(boolean prepared) throws Exception {
        LivePatch patch = victims.seatsFix(prepared, 2);
        try (RunningServer server = start(prepared, true, 2);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            assertThat(begin(process, patch).behind()).hasSize(1);
            assertThat(versions(server, 2)).isEqualTo("12");
            assertThat(process.forceTransition().kind()).isEqualTo(Outcome.Kind.APPLIED);
            assertThat(versions(server, 2)).isEqualTo("22");
            assertThat(only(process).status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
            assertThat(server.ask("0 h")).as("a new call, from the old code").isEqualTo("2");

            assertThatThrownBy(() -> process.revert(patch.id(), AT_ONCE)).isInstanceOf(InTransitionException.class);
            assertThat(versions(server, 2)).isEqualTo("21");
            Outcome reverted = process.forceTransition();
            assertThat(reverted.kind()).isEqualTo(Outcome.Kind.REVERTED);
            assertThat(reverted.unloaded()).as("a thread is in it").isFalse();
            assertThat(versions(server, 2)).isEqualTo("11");
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("0 l")).as("out of the patch, which is still there").isEqualTo("0");
            assertThat(server.ask("0 v")).isEqualTo("1");
            assertThat(server.ask("0 l")).isEqualTo("0");
            process.apply(process.plan(patch), AT_ONCE);
            process.revert(patch.id());
            assertThat(Files.readString(Path.of("/proc/" + server.pid() + "/maps"))).doesNotContain("seats_fix2.so");
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void transitionIsTurnedBackAndForth(boolean prepared) throws Exception {
        LivePatch patch = victims.seatsFix(prepared, 2);
        try (RunningServer server = start(prepared, true, 3);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            begin(process, patch);
            assertThat(server.ask("1 h")).isEqualTo("2");
            assertThat(versions(server, 3)).isEqualTo("122");

            Transition back = catchThrowableOfType(InTransitionException.class,
                    () -> process.reverseTransition(Duration.ZERO)).transition();
            assertThat(back.direction()).isEqualTo(Transition.Direction.FROM_PATCH);
            assertThat(back.behind()).extracting(Blocker::tid)
                    .containsExactly(Integer.parseInt(server.ask("tid 1")));
            assertThat(versions(server, 3)).isEqualTo("121");
            assertThat(server.ask("1 h")).isEqualTo("2");
            assertThat(server.ask("2 h")).isEqualTo("1");

            Transition forth = catchThrowableOfType(InTransitionException.class,
                    () -> process.reverseTransition(Duration.ZERO)).transition();
            assertThat(forth.direction()).isEqualTo(Transition.Direction.TO_PATCH);
            assertThat(forth.behind()).extracting(Blocker::tid).containsExactly(
                    Integer.parseInt(server.ask("tid 0")), Integer.parseInt(server.ask("tid 2")));
            assertThat(versions(server, 3)).isEqualTo("121");
            assertThat(server.ask("2 l")).isEqualTo("0");
            assertThatThrownBy(() -> process.awaitTransition(Duration.ZERO)).isInstanceOf(
                    InTransitionException.class);
            assertThat(versions(server, 3)).as("one has changed when it was looked at").isEqualTo("122");

            assertThatThrownBy(() -> process.reverseTransition(Duration.ZERO)).isInstanceOf(
                    InTransitionException.class);
            assertThat(server.ask("1 l")).isEqualTo("0");
            assertThat(server.ask("1 l")).isEqualTo("0");
            assertThat(process.awaitTransition(LONG).kind()).isEqualTo(Outcome.Kind.REVERTED);
            assertThat(versions(server, 3)).isEqualTo("111");
            assertThat(server.ask("0 l")).as("it has always been in the old code").isEqualTo("0");
            assertThat(process.patches()).isEmpty();
            process.apply(process.plan(patch), AT_ONCE);
            assertThat(versions(server, 3)).as("no mark is left").isEqualTo("222");
        }
    }

    @Test
    void nothingElseIsDoneWhileThreadsChange() throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        LivePatch other = victims.seatsFix(true, 3);
        try (RunningServer server = start(true, true, 1); LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan before = process.plan(other);
            assertThat(server.ask("0 h")).isEqualTo("1");
            begin(process, patch);
            assertThat(process.plan(other).refusals()).singleElement().isInstanceOf(Refusal.InTransition.class);
            assertThatThrownBy(() -> process.apply(before, Consistency.none())).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("still change to patch " + patch.id().shortForm());
            assertThatThrownBy(() -> process.revert(patch.id(), Consistency.none()))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("still change");
            assertThatThrownBy(() -> process.revertAll("libseats-prepared.so", Consistency.none()))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("still change");
            assertThat(server.ask("0 v")).isEqualTo("1");
            assertThat(server.ask("0 l")).isEqualTo("0");
            process.awaitTransition(LONG);
        }
    }

    /** The old version is that of the patch below then, and stays loaded. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void patchOverPatch(boolean prepared) throws Exception {
        LivePatch lower = victims.seatsFix(prepared, 2);
        LivePatch upper = victims.seatsFix(prepared, 3);
        try (RunningServer server = start(prepared, true, 2);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            process.apply(lower);
            assertThat(server.ask("0 h")).isEqualTo("2");
            begin(process, upper);
            assertThat(versions(server, 2)).isEqualTo("23");
            assertThat(server.ask("0 h")).isEqualTo("2");
            assertThat(server.ask("0 l")).isEqualTo("0");
            assertThat(server.ask("0 l")).isEqualTo("0");
            process.awaitTransition(LONG);
            assertThat(versions(server, 2)).isEqualTo("33");
            assertThat(server.ask("1 h")).isEqualTo("3");
            assertThatThrownBy(() -> process.revert(upper.id(), AT_ONCE)).isInstanceOf(InTransitionException.class);
            assertThat(versions(server, 2)).isEqualTo("23");
            assertThat(server.ask("1 l")).isEqualTo("0");
            process.awaitTransition(LONG);
            assertThat(versions(server, 2)).isEqualTo("22");

            process.apply(process.plan(upper), AT_ONCE);
            process.revert(lower.id());
            assertThat(versions(server, 2)).isEqualTo("33");
            assertThatThrownBy(() -> process.revert(upper.id(), AT_ONCE)).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("one after the other");
            process.revert(upper.id());
            assertThat(versions(server, 2)).isEqualTo("11");
        }
    }

    @Test
    void threadThatEndsIsBehindNoLonger() throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        try (RunningServer server = start(true, true, 2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            begin(process, patch);
            assertThat(server.ask("0 x")).isEqualTo("0");
            process.awaitTransition(LONG);
            assertThat(server.ask("new 2")).isEqualTo("0");
            assertThat(server.ask("2 v")).isEqualTo("2");
        }
    }

    /** The victims notice what should not have been noticed: lost registers, signals, interrupted calls. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"vectors", "timer", "restart", "epoll", "8 churn", "16 malloc", "4 spin"})
    void processesThatAreEasilyDisturbedAreNot(String kind) throws Exception {
        String[] arguments = kind.split(" ");
        Path program = arguments.length == 1 ? victims.linked("hazards.c") : victims.server();
        LivePatch patch = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        try (RunningServer server = RunningServer.preloaded(program, arguments);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 10; i++) {
                process.apply(process.plan(patch), Consistency.perThread(LONG));
                assertThat(server.ask("answer")).as("applied, round %d", i).isEqualTo("2");
                process.revert(patch.id(), Consistency.perThread(LONG));
                assertThat(server.ask("answer")).as("reverted, round %d", i).isEqualTo("1");
            }
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(process.patches()).isEmpty();
        }
    }

    /** Nobody will ever change to a patch of it any more. */
    @Test
    void libraryThatIsClosedMeanwhileEndsIt() throws Exception {
        Path late = victims.compiled("late.so", "seats.c", "-shared", "-fPIC", "-fpatchable-function-entry=16,14");
        LivePatch patch = LivePatch.of(victims.seatsFix(true, 2).file()).target("late.so").replace("hold",
                "fixed_hold");
        try (RunningServer server = start(true, true, 1); LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < 2; i++) {
                assertThat(server.ask("open " + late)).isEqualTo("0");
                assertThat(server.ask("0 d")).isEqualTo("1");
                assertThat(begin(process, patch).behind()).hasSize(1);
                assertThat(server.ask("0 l")).isEqualTo("0");
                assertThat(server.ask("close")).isEqualTo("0");
                assertThat(Files.readString(Path.of("/proc/" + server.pid() + "/maps"))).doesNotContain("late.so");
                assertThat(only(process).status()).isEqualTo(AppliedPatch.Status.IN_TRANSITION);
                assertThat(process.transition()).isEmpty();
                assertThat(process.patches()).isEmpty();
            }
            assertThat(server.ask("open " + late)).isEqualTo("0");
            process.apply(process.plan(patch), AT_ONCE);
            assertThat(server.ask("0 d")).isEqualTo("2");
        }
    }

    /** On another stack it is not seen by looking at the words between stack pointer and control block alone. */
    @Test
    void threadInASignalHandlerOnAnotherStackIsInside() throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        try (RunningServer server = start(true, true, 3); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("0 a")).isEqualTo("1");
            assertThat(server.ask("1 h")).isEqualTo("1");
            assertThat(begin(process, patch).behind()).hasSize(2);
            assertThat(versions(server, 3)).isEqualTo("112");
            assertThat(server.ask("0 l")).isEqualTo("0");
            assertThat(server.ask("1 l")).isEqualTo("0");
            process.awaitTransition(LONG);
            assertThat(versions(server, 3)).isEqualTo("222");
        }
    }

    /** Nothing can be said of its registers, nor of its stack; so nothing begins, and what has begun does not end. */
    @Test
    void threadThatWaitsForAVforkChildIsNotPassedOver() throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        try (RunningServer server = start(true, true, 2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            assertThat(server.ask("0 w")).isEqualTo("0");
            PatchPlan plan = process.plan(patch);
            assertThatThrownBy(() -> process.apply(plan, AT_ONCE)).isInstanceOf(BlockedException.class)
                    .hasMessageContaining("vfork");
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("1 v")).isEqualTo("1");
            assertThat(server.ask("free 0")).isEqualTo("0");

            assertThat(begin(process, patch).behind()).hasSize(1);
            assertThat(server.ask("1 w")).isEqualTo("0");
            assertThat(server.ask("0 l")).isEqualTo("0");
            assertThatThrownBy(() -> process.awaitTransition(Duration.ZERO)).isInstanceOf(
                    InTransitionException.class).hasMessageContaining("does not stop");
            assertThat(server.ask("0 v")).isEqualTo("2");
            assertThat(server.ask("free 1")).isEqualTo("0");
            process.awaitTransition(LONG);
            assertThat(versions(server, 2)).isEqualTo("22");
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherToolTakesUpWhatAKilledOneHasBegun(boolean force) throws Exception {
        LivePatch patch = victims.seatsFix(true, 2);
        try (RunningServer server = start(true, false, 2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("0 h")).isEqualTo("1");
            Process tool = new ProcessBuilder(System.getProperty("java.home") + "/bin/java",
                    "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp",
                    System.getProperty("java.class.path"), ApplyByThread.class.getName(),
                    Integer.toString(server.pid()), patch.file().toString(), "libseats-prepared.so",
                    "version=fixed_version", "hold=fixed_hold", "steady=fixed_steady").redirectErrorStream(true)
                    .start();
            try {
                while (process.patches().stream()
                        .noneMatch(found -> found.status() == AppliedPatch.Status.IN_TRANSITION)) {
                    assertThat(tool.isAlive()).as("the tool waits").isTrue();
                    Thread.onSpinWait();
                }
                assertThatThrownBy(process::transition).as("it holds the process").isInstanceOf(
                        RefusedException.class);
            } finally {
                tool.destroyForcibly().waitFor();
            }
            assertThat(versions(server, 2)).isEqualTo("12");
            assertThat(process.transition().orElseThrow().behind()).hasSize(1);
            if (force) {
                process.forceTransition();
                assertThat(versions(server, 2)).isEqualTo("22");
                assertThat(server.ask("0 l")).isEqualTo("0");
            } else {
                assertThat(server.ask("0 l")).isEqualTo("0");
                process.awaitTransition(LONG);
                assertThat(versions(server, 2)).isEqualTo("22");
            }
            process.revert(patch.id());
            assertThat(versions(server, 2)).isEqualTo("11");
        }
    }

    /** Each thread runs either version, never one of one function and the other of another; however often it is turned. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void busyThreadsNeverRunAMixture(boolean prepared) throws Exception {
        Random random = new Random(20261123);
        LivePatch patch = victims.seatsFix(prepared, 2);
        try (RunningServer server = start(prepared, true, 1);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            assertThat(server.ask("spin 4")).isEqualTo("0");
            int left = 0;
            int turned = 0;
            for (int i = 0; i < 10; i++) {
                boolean applied = !process.patches().isEmpty();
                try {
                    if (applied) {
                        process.revert(patch.id(), AT_ONCE);
                    } else {
                        process.apply(process.plan(patch), AT_ONCE);
                    }
                } catch (InTransitionException changing) {
                    left++;
                    if (random.nextInt(3) == 0) {
                        turned++;
                        applied = !applied;
                        process.reverseTransition(LONG);
                    } else {
                        process.awaitTransition(LONG);
                    }
                }
                assertThat(server.ask("0 v")).isEqualTo(applied ? "1" : "2");
                long calls = Long.parseLong(server.ask("calls"));
                while (Long.parseLong(server.ask("calls")) < calls + 10) {
                    Thread.onSpinWait();
                }
                assertThat(server.ask("wrong")).as("round %d", i).isEqualTo("0");
            }
            System.out.println(left + " of 10 left threads behind at first, " + turned + " were turned back");
        }
    }

    @Test
    void manyThreadsAtOnce() throws Exception {
        int threads = 60;
        LivePatch patch = victims.seatsFix(false, 2);
        try (RunningServer server = start(false, true, threads);
                LiveProcess process = LiveProcess.attach(
                        server.pid())) {
            for (int i = 0; i < threads; i += 2) {
                assertThat(server.ask(i + " h")).isEqualTo("1");
            }
            assertThat(begin(process, patch).behind()).hasSize(threads / 2);
            assertThat(versions(server, threads)).isEqualTo("12".repeat(threads / 2));
            for (int i = 0; i < threads / 2; i += 2) {
                assertThat(server.ask(i + " l")).isEqualTo("0");
            }
            assertThatThrownBy(() -> process.awaitTransition(Duration.ZERO))
                    .isInstanceOfSatisfying(InTransitionException.class,
                            e -> assertThat(e.transition().behind()).hasSize(threads / 4));
            assertThat(versions(server, threads)).isEqualTo("22".repeat(threads / 4) + "12".repeat(threads / 4));
            for (int i = threads / 2; i < threads; i += 2) {
                assertThat(server.ask(i + " l")).isEqualTo("0");
            }
            System.out.println(process.awaitTransition(LONG));
            assertThat(versions(server, threads)).isEqualTo("22".repeat(threads / 2));
        }
    }
}
