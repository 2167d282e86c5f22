package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Patches are taken back from three processes, or from none. */
class JointRevertTest {
    private static final Consistency SOON = Consistency.functionQuiescent(Duration.ofMillis(300));

    @TempDir
    static Path directory;
    static Pair pair;

    private final List<RunningServer> servers = new ArrayList<>();
    private final List<LiveProcess> processes = new ArrayList<>();

    @BeforeAll
    static void build() throws Exception {
        pair = new Pair(directory);
        pair.victims().compiled("pair-lingering.so", "lingering.c", "-shared", "-fPIC", "-DVALUE=3");
    }

    @BeforeEach
    void start() {
        for (int i = 0; i < 3; i++) {
            servers.add(pair.start(2));
            processes.add(LiveProcess.attach(servers.get(i).pid()));
        }
    }

    @AfterEach
    void end() {
        processes.forEach(LiveProcess::close);
        servers.forEach(RunningServer::close);
    }

    private static LivePatch lingering() {
        return LivePatch.of(directory.resolve("pair-lingering.so")).target("libanswer.so").replace("linger",
                "fixed_linger");
    }

    /** In all of them, in one transaction. */
    private void apply(List<LivePatch> patches) throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            plans.put(process, process.plan(patches));
        }
        assertThat(Transaction.apply(plans, Consistency.DEFAULT).isDone()).isTrue();
    }

    private TransactionReport revert(List<PatchId> ids, Consistency consistency) {
        Map<LiveProcess, List<PatchId>> those = new LinkedHashMap<>();
        processes.forEach(process -> those.put(process, ids));
        return Transaction.revert(those, consistency);
    }

    private void areOf(int version, int patches) {
        for (int i = 0; i < 3; i++) {
            is(i, version, patches);
        }
    }

    private void is(int index, int version, int patches) {
        RunningServer server = servers.get(index);
        assertThat(server.ask("pair")).isEqualTo(version + " " + version);
        assertThat(processes.get(index).patches()).hasSize(patches)
                .allMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE);
        assertThat(Pair.loaded(server)).hasSize(patches);
        assertThat(server.ask("mixed")).isEqualTo("0");
        assertThat(server.ask("errors")).isEqualTo("0");
    }

    private int pid(int index) {
        return servers.get(index).pid();
    }

    @Test
    void allPatchesGoFromAllInOneStopEachAndTheirMemoryComesBack() throws Exception {
        apply(pair.to(2));
        apply(pair.to(3));

        TransactionReport report = revert(pair.ids(3), Consistency.DEFAULT);

        assertThat(report.isDone()).isTrue();
        assertThat(report.processes()).hasSize(3).allSatisfy(
                result -> assertThat(result).isInstanceOfSatisfying(Result.Reverted.class, reverted -> {
                    assertThat(reverted.outcome().kind()).isEqualTo(Outcome.Kind.REVERTED);
                    assertThat(reverted.outcome().reverted())
                            .containsExactlyInAnyOrderElementsOf(uncheckedIds(3));
                    assertThat(reverted.outcome().unloaded()).isTrue();
                    assertThat(reverted.outcome().functions()).containsExactlyInAnyOrder("answer", "other");
                }));
        areOf(2, 2);
        // From below and from above, and not the same everywhere.
        processes.get(1).apply(processes.get(1).plan(pair.to(4)), Consistency.DEFAULT);
        Map<LiveProcess, List<PatchId>> mixed = new LinkedHashMap<>();
        mixed.put(processes.get(0), pair.ids(2));
        mixed.put(processes.get(1), pair.ids(2));
        mixed.put(processes.get(2), List.of(pair.ids(2).getFirst(), pair.ids(2).getLast(), pair.ids(2).getFirst()));
        assertThat(Transaction.revert(mixed, Consistency.DEFAULT).isDone()).isTrue();
        is(0, 1, 0);
        is(1, 4, 2);
        is(2, 1, 0);
    }

    private static List<PatchId> uncheckedIds(int version) {
        try {
            return pair.ids(version);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoIsInsideInOneKeepsThePatchesInAll() throws Exception {
        List<LivePatch> patches = List.of(pair.answer(3), pair.other(3), lingering());
        List<PatchId> ids = List.of(patches.get(0).id(), patches.get(1).id(), patches.get(2).id());
        apply(patches);
        assertThat(servers.get(2).ask("linger")).isEqualTo("in");

        TransactionReport blocked = revert(ids, SOON);

        assertThat(blocked.isDone()).isFalse();
        assertThat(blocked.failure()).containsInstanceOf(BlockedException.class);
        assertThat(blocked.processes()).satisfiesExactly(
                result -> assertThat(result).isEqualTo(new Result.PutBack(pid(0))),
                result -> assertThat(result).isEqualTo(new Result.PutBack(pid(1))),
                result -> assertThat(result).isInstanceOf(Result.Failed.class));
        assertThat(blocked.toString()).contains("process " + pid(2) + ": nothing was changed: ", "linger",
                "process " + pid(0) + ": the patches were out of force, and are in force again");
        areOf(3, 3);

        assertThat(servers.get(2).ask("leave")).isEqualTo("out");
        assertThat(revert(ids, Consistency.DEFAULT).isDone()).isTrue();
        areOf(1, 0);
    }

    /** It has gone out of force, a thread is in the old code, and another process keeps the patches where they are. */
    @Test
    void whatCannotBePutBackInTimeIsPutBackByTheNextTool() throws Exception {
        List<LivePatch> patches = List.of(pair.answer(3), pair.other(3), lingering());
        List<PatchId> ids = List.of(patches.get(0).id(), patches.get(1).id(), patches.get(2).id());
        apply(patches);
        assertThat(servers.get(2).ask("linger")).isEqualTo("in");
        List<Integer> stops = new ArrayList<>();
        TransactionReport report;
        try (Watch watch = new Watch(pid(2), call -> {
            if (call.beginsStop() && stops.isEmpty()) {
                stops.add(1);
                assertThat(servers.getFirst().ask("linger")).isEqualTo("in");
            }
        })) {
            report = revert(ids, SOON);
            assertThat(watch).isNotNull();
        }
        assertThat(report.isDone()).isFalse();
        assertThat(report.processes().get(0)).isInstanceOfSatisfying(Result.LeftBehind.class,
                left -> assertThat(left.why()).isInstanceOf(BlockedException.class));
        assertThat(report.processes().get(1)).isEqualTo(new Result.PutBack(pid(1)));
        assertThat(processes.getFirst().patches()).hasSize(3)
                .allMatch(patch -> patch.status() == AppliedPatch.Status.HALF_DONE);
        assertThat(servers.getFirst().ask("pair")).isEqualTo("1 1");

        LivePatch unrelated = pair.patch("libanswer.so", "second", 7);
        processes.getFirst().apply(unrelated);
        processes.getFirst().revert(unrelated.id());
        areOf(3, 3);
        assertThat(servers.get(0).ask("leave")).isEqualTo("out");
        assertThat(servers.get(2).ask("leave")).isEqualTo("out");
        assertThat(revert(ids, Consistency.DEFAULT).isDone()).isTrue();
        areOf(1, 0);
    }

    /** What is asked for is so already there: the patch that it has left goes, as in the others. */
    @Test
    void whereOneHasNotGotThePatchItIsSoAlready() throws Exception {
        apply(pair.to(2));
        processes.get(1).revert(pair.ids(2).getLast());

        assertThat(revert(pair.ids(2), Consistency.DEFAULT).isDone()).isTrue();
        for (RunningServer server : servers) {
            assertThat(server.ask("pair")).isEqualTo("1 1");
        }

        TransactionReport again = revert(pair.ids(2), Consistency.DEFAULT);
        assertThat(again.isDone()).isTrue();
        assertThat(again.processes()).allSatisfy(result -> assertThat(result)
                .isInstanceOfSatisfying(Result.Reverted.class,
                        done -> assertThat(done.outcome().isAlready()).isTrue()));
    }

    @Test
    void whatStaysAndNeedsAPatchKeepsItInAll() throws Exception {
        Path first = pair.victims().containerOf("pair-needed.so", "fix.c", List.of("-DVALUE=5"),
                directory.resolve("libanswer.so"), "TARGET", "answer:fixed_answer");
        Path second = pair.victims().containerOf("pair-needs.so", "fix.c", List.of("-DVALUE=5"),
                directory.resolve("libother.so"), "*" + first, "TARGET", "other:fixed_answer");
        apply(List.of(LivePatch.open(first)));
        processes.get(2).apply(LivePatch.open(second));
        TransactionReport report = revert(List.of(LivePatch.open(first).id()), Consistency.DEFAULT);
        assertThat(report.failure()).hasValueSatisfying(why -> assertThat(why).isInstanceOfSatisfying(
                RefusedException.class, refused -> assertThat(refused.refusals()).singleElement()
                        .isInstanceOf(Refusal.NeededByOther.class)));
        assertThat(report.processes().getLast()).isInstanceOf(Result.Failed.class);
        assertThat(servers.get(2).ask("pair")).isEqualTo("5 5");
        assertThat(servers.get(0).ask("pair")).isEqualTo("5 1");
        assertThat(servers.get(1).ask("pair")).isEqualTo("5 1");
    }

    @Test
    void threadsDoNotChangeOneByOneInSeveralProcesses() throws Exception {
        apply(pair.to(2));
        assertThatThrownBy(() -> revert(pair.ids(2), Consistency.perThread(Duration.ofSeconds(1))))
                .isInstanceOf(RefusedException.class);
        areOf(2, 2);
        TransactionReport alone = Transaction.revert(Map.of(processes.getFirst(), pair.ids(2)), Consistency.DEFAULT);
        assertThat(alone.processes()).singleElement().isInstanceOf(Result.Reverted.class);
        is(0, 1, 0);
        is(1, 2, 2);
    }

    /** A full registry moves when the record is written that stands for what goes; all that goes lies elsewhere then. */
    @Test
    void whereTheRegistryIsFullItMoves() throws Exception {
        apply(pair.to(2));
        List<RemoteAddress> before = new ArrayList<>();
        for (LiveProcess process : processes) {
            fill(process);
            before.add(registry(process).registry().start());
        }
        assertThat(revert(pair.ids(2), Consistency.DEFAULT).isDone()).isTrue();
        areOf(1, 1);
        for (int i = 0; i < 3; i++) {
            assertThat(registry(processes.get(i)).registry()).isNotEqualTo(before.get(i));
        }
    }

    /** Leaves room for hardly anything, by a comment. */
    private static void fill(LiveProcess process) throws IOException {
        LivePatch unrelated = pair.patch("libanswer.so", "second", 7);
        long before = registry(process).registry().used();
        process.apply(unrelated);
        long record = registry(process).registry().used() - before;
        process.revert(unrelated.id());
        StubState now = registry(process);
        int room = Math.toIntExact(now.registry().size() - now.registry().used() - record);
        process.apply(unrelated.comment("x".repeat(room - 64)));
        assertThat(registry(process).registry().size() - registry(process).registry().used()).isBetween(0L, 80L);
    }

    private static StubState registry(LiveProcess process) {
        try (TraceeMemory memory = TraceeMemory.open(process.pid(), process.pid())) {
            return StubState.read(process.pid(), memory,
                    ProcessImage.read(process.pid(), memory).stub().orElseThrow());
        }
    }

    /** The last process is ended while it is stopped, or the first one, which is out of force already. */
    @Test
    void aProcessThatEndsMeanwhileIsAFailure() throws Exception {
        for (boolean itself : new boolean[]{true, false}) {
            end();
            servers.clear();
            processes.clear();
            start();
            apply(pair.to(2));
            int victim = pid(itself ? 2 : 0);
            List<Integer> stops = new ArrayList<>();
            TransactionReport report;
            try (Watch watch = new Watch(pid(2), call -> {
                if (call.beginsStop() && stops.isEmpty()) {
                    stops.add(1);
                    Await.killed(victim);
                }
            })) {
                report = revert(pair.ids(2), Consistency.DEFAULT);
                assertThat(watch).isNotNull();
            }
            assertThat(stops).hasSize(1);
            assertThat(report.failure()).containsInstanceOf(TargetGoneException.class);
            assertThat(report.processes().get(itself ? 2 : 0)).isInstanceOf(Result.Gone.class);
            assertThat(report.processes().get(1)).isEqualTo(new Result.PutBack(pid(1)));
            assertThat(report.processes().get(itself ? 0 : 2)).isEqualTo(new Result.PutBack(pid(itself ? 0 : 2)));
            is(1, 2, 2);
            is(itself ? 0 : 2, 2, 2);
        }
    }
}
