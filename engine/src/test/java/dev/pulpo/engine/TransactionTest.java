package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several patches, and several processes: all or nothing. */
class TransactionTest {
    private static final Consistency SOON = Consistency.functionQuiescent(Duration.ofMillis(300));

    @TempDir
    static Path directory;
    static Pair pair;

    @BeforeAll
    static void build() throws Exception {
        pair = new Pair(directory);
    }

    private static Map<LiveProcess, List<PatchPlan>> plans(List<LivePatch> patches, LiveProcess... processes)
            throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            plans.put(process, process.plan(patches));
        }
        return plans;
    }

    private static void isUntouched(RunningServer server, LiveProcess process) {
        assertThat(server.ask("pair")).isEqualTo("1 1");
        assertThat(process.patches()).isEmpty();
        assertThat(Pair.loaded(server)).isEmpty();
        assertThat(server.ask("errors")).isEqualTo("0");
    }

    private static void bothInForce(RunningServer server, LiveProcess process, int version) {
        assertThat(server.ask("pair")).isEqualTo(version + " " + version);
        assertThat(process.patches()).hasSizeGreaterThanOrEqualTo(2)
                .allMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE);
    }

    @Test
    void noThreadSeesOnePatchWithoutTheOther() throws Exception {
        try (RunningServer server = pair.start(4); LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int version = 2; version < 12; version++) {
                List<Outcome> outcomes = process.apply(process.plan(pair.to(version)), Consistency.DEFAULT);
                assertThat(outcomes).hasSize(2).extracting(Outcome::stop).containsOnly(outcomes.getFirst().stop());
                assertThat(outcomes).extracting(Outcome::functions).containsExactly(List.of("answer"),
                        List.of("other"));
                bothInForce(server, process, version);
            }
            // Those of the newest go first; what was before them is never seen again behind that.
            for (int version = 11; version > 1; version--) {
                Outcome outcome = process.revert(pair.ids(version), Consistency.DEFAULT);
                assertThat(outcome.reverted()).containsExactlyInAnyOrderElementsOf(pair.ids(version));
                assertThat(outcome.unloaded()).isTrue();
            }
            isUntouched(server, process);
            assertThat(server.ask("mixed")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isGreaterThan(10);
        }
    }

    /** The control of the test above: the same threads see it where one patch comes, or goes, behind the other. */
    @Test
    void threadsSeeOnePatchWithoutTheOtherWhereTheyComeOneAfterTheOther() throws Exception {
        try (RunningServer server = pair.start(4); LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int version = 2; version < 12; version++) {
                process.apply(pair.answer(version));
                process.apply(pair.other(version));
                bothInForce(server, process, version);
            }
            long applying = Long.parseLong(server.ask("mixed"));
            assertThat(applying).isPositive();
            for (int version = 11; version > 1; version--) {
                process.revert(pair.ids(version).getFirst());
                process.revert(pair.ids(version).getLast());
            }
            isUntouched(server, process);
            long reverting = Long.parseLong(server.ask("mixed")) - applying;
            System.out.println("one without the other: seen " + applying + " times in 10 applies, and " + reverting
                    + " times in 10 reverts");
            assertThat(reverting).isPositive();
        }
    }

    @Test
    void patchesThatGoDoSoInTheSameStop() throws Exception {
        try (RunningServer server = pair.start(4); LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(process.plan(pair.to(2)), Consistency.DEFAULT);
            for (int version = 3; version < 8; version++) {
                List<Outcome> outcomes = process.apply(process.planInstead(pair.to(version), "target"),
                        Consistency.DEFAULT);
                assertThat(outcomes).extracting(Outcome::reverted).containsExactly(
                        List.of(pair.ids(version - 1).getFirst()), List.of(pair.ids(version - 1).getLast()));
                bothInForce(server, process, version);
                assertThat(process.patches()).hasSize(2);
                assertThat(Pair.loaded(server)).hasSize(2);
            }
            assertThat(server.ask("mixed")).isEqualTo("0");
        }
    }

    @Test
    void patchesOfOneFunctionStackInTheOrderGiven() throws Exception {
        try (RunningServer server = pair.start(2); LiveProcess process = LiveProcess.attach(server.pid())) {
            List<LivePatch> patches = List.of(pair.answer(20), pair.other(20), pair.answer(21), pair.other(21));
            process.apply(process.plan(patches), Consistency.DEFAULT);
            bothInForce(server, process, 21);
            assertThat(process.patches()).hasSize(4);
            process.revert(pair.ids(21), Consistency.DEFAULT);
            bothInForce(server, process, 20);
            process.revert(pair.ids(20), Consistency.DEFAULT);
            isUntouched(server, process);
        }
    }

    @Test
    void whatTheLoaderRefusesKeepsTheOthersOut() throws Exception {
        Files.writeString(directory.resolve("unresolved.c"),
                "extern int nobody_has_this;\nint *place = &nobody_has_this;\nint fixed_answer(void) { return *place; }\n");
        Path file = pair.victims().compiled("pair-unresolved.so", "unresolved.c", "-shared", "-fPIC");
        LivePatch unresolved = LivePatch.of(file).target("libother.so").replace("other", "fixed_answer");
        try (RunningServer server = pair.start(2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(unresolved).refusals()).singleElement()
                    .isInstanceOfSatisfying(Refusal.Unsafe.class, unsafe -> {
                        assertThat(unsafe.finding().check()).isEqualTo(Check.UNDEFINED);
                        assertThat(unsafe.message()).contains("needs nobody_has_this, which nothing in the process");
                    });
            List<PatchPlan> plans = process.plan(List.of(pair.answer(2), unresolved.allow(Check.UNDEFINED)));
            assertThatThrownBy(() -> process.apply(plans, Consistency.DEFAULT)).isInstanceOfSatisfying(
                    RefusedException.class, refused -> assertThat(refused.refusals()).singleElement()
                            .isInstanceOf(Refusal.LoaderRefused.class));
            isUntouched(server, process);
            process.apply(process.plan(pair.to(3)), Consistency.DEFAULT);
            bothInForce(server, process, 3);
        }
    }

    @Test
    void whoIsInOneFunctionKeepsAllOut() throws Exception {
        LivePatch lingering = pair.patch("libanswer.so", "linger", 2);
        try (RunningServer server = pair.start(2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            List<PatchPlan> plans = process.plan(List.of(pair.answer(2), pair.other(2), lingering));
            assertThatThrownBy(() -> process.apply(plans, SOON)).isInstanceOf(BlockedException.class);
            isUntouched(server, process);
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(process.plan(List.of(pair.answer(2), pair.other(2), lingering)), Consistency.DEFAULT);
            bothInForce(server, process, 2);
        }
    }

    @Test
    void reasonsAgainstOneAreReasonsAgainstAll() throws Exception {
        try (RunningServer server = pair.start(1); LiveProcess process = LiveProcess.attach(server.pid())) {
            List<PatchPlan> twice = process.plan(List.of(pair.answer(2), pair.answer(2)));
            assertThat(twice.getLast().refusals()).singleElement().isInstanceOf(Refusal.AppliedTwice.class);
            assertThatThrownBy(() -> process.apply(twice, Consistency.DEFAULT)).isInstanceOf(RefusedException.class);
            List<PatchPlan> plans = process.plan(pair.to(2));
            assertThatThrownBy(() -> process.apply(plans, Consistency.perThread(Duration.ofSeconds(1))))
                    .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.refusals())
                            .singleElement().isInstanceOf(Refusal.NotByThread.class));
            assertThat(process.revert(pair.ids(2), Consistency.DEFAULT).isAlready()).isTrue();
            isUntouched(server, process);
        }
    }

    @Test
    void onePatchMayDependOnAnotherOfTheSameStop() throws Exception {
        Path first = pair.victims().containerOf("pair-first.so", "fix.c", List.of("-DVALUE=5"),
                directory.resolve("libanswer.so"), "TARGET", "answer:fixed_answer");
        Path second = pair.victims().containerOf("pair-second.so", "fix.c", List.of("-DVALUE=5"),
                directory.resolve("libother.so"), "*" + first, "TARGET", "other:fixed_answer");
        List<LivePatch> order = List.of(LivePatch.open(first), LivePatch.open(second));
        try (RunningServer server = pair.start(2); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(order.reversed()).getFirst().refusals()).singleElement()
                    .isInstanceOf(Refusal.MissingDependency.class);
            process.apply(process.plan(order), Consistency.DEFAULT);
            bothInForce(server, process, 5);
        }
    }

    @Test
    void allProcessesHaveThePatchesOrNone() throws Exception {
        LivePatch lingering = pair.patch("libanswer.so", "linger", 3);
        List<LivePatch> patches = List.of(pair.answer(3), pair.other(3), lingering);
        try (RunningServer one = pair.start(2);
                RunningServer two = pair.start(2);
                RunningServer three = pair.start(1);
                LiveProcess first = LiveProcess.attach(one.pid());
                LiveProcess second = LiveProcess.attach(two.pid());
                LiveProcess third = LiveProcess.attach(three.pid())) {
            first.apply(first.plan(pair.to(2)), Consistency.DEFAULT);
            assertThat(three.ask("linger")).isEqualTo("in");

            Map<LiveProcess, List<PatchPlan>> plans = plans(patches, first, second, third);
            plans.put(first, first.planInstead(patches, "target"));
            TransactionReport blocked = Transaction.apply(plans, SOON);

            assertThat(blocked.isDone()).isFalse();
            assertThat(blocked.failure()).containsInstanceOf(BlockedException.class);
            assertThat(blocked.processes()).satisfiesExactly(
                    result -> assertThat(result).isEqualTo(new TransactionReport.Result.TakenBack(one.pid(), true)),
                    result -> assertThat(result).isEqualTo(new TransactionReport.Result.TakenBack(two.pid(), true)),
                    result -> assertThat(result).isInstanceOf(TransactionReport.Result.Failed.class));
            bothInForce(one, first, 2);
            assertThat(first.patches()).hasSize(2);
            assertThat(Pair.loaded(one)).hasSize(2);
            isUntouched(two, second);
            isUntouched(three, third);

            assertThat(three.ask("leave")).isEqualTo("out");
            TransactionReport done = Transaction.apply(plans(patches, first, second, third), Consistency.DEFAULT);
            assertThat(done.isDone()).as(done.toString()).isTrue();
            assertThat(done.processes()).hasSize(3)
                    .allMatch(result -> result instanceof TransactionReport.Result.InForce in
                            && in.outcomes().size() == 3);
            bothInForce(one, first, 3);
            bothInForce(two, second, 3);
            bothInForce(three, third, 3);
            for (RunningServer server : List.of(one, two, three)) {
                assertThat(server.ask("mixed")).isEqualTo("0");
                assertThat(server.ask("errors")).isEqualTo("0");
            }
        }
    }

    @Test
    void whatOneProcessRefusesIsKeptOutOfAll() throws Exception {
        try (RunningServer one = pair.start(1);
                RunningServer two = pair.start(1);
                LiveProcess first = LiveProcess.attach(one.pid());
                LiveProcess second = LiveProcess.attach(two.pid())) {
            Map<LiveProcess, List<PatchPlan>> plans = plans(pair.to(2), first, second);
            second.setPatchable(false);
            TransactionReport report = Transaction.apply(plans, Consistency.DEFAULT);
            assertThat(report.failure()).containsInstanceOf(RefusedException.class);
            assertThat(report.processes()).satisfiesExactly(
                    result -> assertThat(result).isEqualTo(new TransactionReport.Result.Untouched(one.pid())),
                    result -> assertThat(result).isInstanceOf(TransactionReport.Result.Failed.class));
            isUntouched(one, first);
            isUntouched(two, second);
            assertThatThrownBy(() -> Transaction.apply(plans(List.of(pair.answer(2)), first, second),
                    Consistency.perThread(Duration.ofSeconds(1)))).isInstanceOf(RefusedException.class);
        }
    }

    @Test
    void whatIsSoAlreadyInOneProcessComesIntoForceInTheOthers() throws Exception {
        try (RunningServer one = pair.start(1);
                RunningServer two = pair.start(1);
                LiveProcess first = LiveProcess.attach(one.pid());
                LiveProcess second = LiveProcess.attach(two.pid())) {
            second.apply(second.plan(pair.to(2)), Consistency.DEFAULT);
            TransactionReport report = Transaction.apply(plans(pair.to(2), first, second), Consistency.DEFAULT);
            assertThat(report.isDone()).isTrue();
            assertThat(report.processes()).extracting(TransactionReport.Result::pid).containsExactly(one.pid(),
                    two.pid());
            bothInForce(one, first, 2);
            bothInForce(two, second, 2);
            assertThat(report.processes().getLast()).isInstanceOfSatisfying(TransactionReport.Result.InForce.class,
                    result -> assertThat(result.outcomes()).allMatch(Outcome::isAlready));
        }
    }

    /** The second process is ended while it is stopped, or before; or the first one, when its patches are in force. */
    @Test
    void aProcessThatEndsMeanwhileIsAFailure() throws Exception {
        for (boolean itself : new boolean[]{true, false}) {
            try (RunningServer one = pair.start(1);
                    RunningServer two = pair.start(1);
                    LiveProcess first = LiveProcess.attach(one.pid());
                    LiveProcess second = LiveProcess.attach(two.pid())) {
                Map<LiveProcess, List<PatchPlan>> plans = plans(pair.to(2), first, second);
                int victim = itself ? two.pid() : one.pid();
                List<Integer> stops = new ArrayList<>();
                TransactionReport report;
                try (Watch watch = new Watch(two.pid(), call -> {
                    if (call.beginsStop() && stops.isEmpty()) {
                        stops.add(1);
                        Await.killed(victim);
                    }
                })) {
                    report = Transaction.apply(plans, Consistency.DEFAULT);
                    assertThat(watch).isNotNull();
                }
                assertThat(stops).hasSize(1);
                assertThat(report.isDone()).isFalse();
                assertThat(report.failure()).containsInstanceOf(TargetGoneException.class);
                TransactionReport.Result gone = report.processes().get(itself ? 1 : 0);
                TransactionReport.Result other = report.processes().get(itself ? 0 : 1);
                assertThat(gone).isInstanceOf(TransactionReport.Result.Gone.class);
                assertThat(other).isInstanceOf(TransactionReport.Result.TakenBack.class);
                isUntouched(itself ? one : two, itself ? first : second);
            }
        }
    }
}
