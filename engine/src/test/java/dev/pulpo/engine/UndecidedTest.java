package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.TransactionLink.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the next tool makes of a transaction of three processes that was left at some point, by what the others know. */
class UndecidedTest {
    @TempDir
    static Path directory;
    static Pair pair;

    private final List<RunningServer> servers = new ArrayList<>();
    private final List<LiveProcess> processes = new ArrayList<>();

    @BeforeAll
    static void build() throws Exception {
        pair = new Pair(directory);
    }

    @BeforeEach
    void apply() throws Exception {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (int i = 0; i < 3; i++) {
            servers.add(pair.start(1));
            processes.add(LiveProcess.attach(servers.get(i).pid()));
            processes.get(i).apply(processes.get(i).plan(pair.to(2)), Consistency.DEFAULT);
            plans.put(processes.get(i), processes.get(i).planInstead(pair.to(3), "target"));
        }
        assertThat(Transaction.apply(plans, Consistency.DEFAULT).isDone()).isTrue();
    }

    @AfterEach
    void end() {
        processes.forEach(LiveProcess::close);
        servers.forEach(RunningServer::close);
    }

    private void left(int index, State state, Mark mark) {
        HalfLeft.applying(servers.get(index).pid(), state, mark);
    }

    private List<Mark> marks(int index) {
        return HalfLeft.marks(servers.get(index).pid());
    }

    private void nextTool(int index) throws IOException {
        LivePatch unrelated = pair.patch("libanswer.so", "second", 7);
        processes.get(index).apply(unrelated);
        processes.get(index).revert(unrelated.id());
    }

    private void is(int index, int version) {
        assertThat(servers.get(index).ask("pair")).isEqualTo(version + " " + version);
        assertThat(processes.get(index).patches()).hasSize(version == 1 ? 0 : 2)
                .allMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE);
    }

    @Test
    void allAreSettledWhenNothingHappens() {
        for (int i = 0; i < 3; i++) {
            is(i, 3);
            assertThat(marks(i)).containsExactly(Mark.SETTLED);
        }
    }

    @Test
    void whereNobodyKnowsItIsUndoneEverywhere() throws Exception {
        for (int i = 0; i < 3; i++) {
            left(i, State.PENDING, Mark.OPEN);
            assertThat(processes.get(i).patches()).allMatch(patch -> patch.status() == AppliedPatch.Status.HALF_DONE);
        }
        nextTool(1);
        for (int i = 0; i < 3; i++) {
            is(i, 1);
        }
    }

    @Test
    void oneMarkIsEnoughForAll() throws Exception {
        left(0, State.PENDING, Mark.DECIDED);
        left(1, State.PENDING, Mark.OPEN);
        left(2, State.PENDING, Mark.OPEN);
        nextTool(2);
        for (int i = 0; i < 3; i++) {
            is(i, 3);
        }
        assertThat(marks(2)).containsExactly(Mark.SETTLED);
    }

    @Test
    void aMarkCountsWhereTheFirstProcessHasEnded() throws Exception {
        left(1, State.ACTIVE, Mark.DECIDED);
        left(2, State.PENDING, Mark.OPEN);
        servers.get(0).close();
        // It stays decided, whatever becomes of the patches there.
        assertThat(processes.get(1).revert(pair.ids(3), Consistency.DEFAULT).unloaded()).isTrue();
        is(2, 3);
        nextTool(2);
        is(2, 3);
    }

    @Test
    void whereThoseWhoMayHaveKnownHaveEndedItIsUndone() throws Exception {
        left(1, State.PENDING, Mark.OPEN);
        left(2, State.PENDING, Mark.OPEN);
        servers.get(0).close();
        nextTool(2);
        is(1, 1);
        is(2, 1);
    }

    /** All have gone, but nobody says that it was decided: they come back, with their code. */
    @Test
    void whereNobodyKnowsThatTheyGoTheyComeBackEverywhere() throws Exception {
        leftReverting(Mark.OPEN, Mark.OPEN, Mark.OPEN);
        nextTool(1);
        for (int i = 0; i < 3; i++) {
            is(i, 3);
            assertThat(Pair.loaded(servers.get(i))).hasSize(2);
        }
    }

    @Test
    void oneMarkIsEnoughForAllToGo() throws Exception {
        leftReverting(Mark.DECIDED, Mark.OPEN, Mark.OPEN);
        for (int i = 0; i < 3; i++) {
            assertThat(processes.get(i).patches()).hasSize(2)
                    .allMatch(patch -> patch.status() == AppliedPatch.Status.HALF_DONE);
        }
        nextTool(2);
        for (int i = 0; i < 3; i++) {
            is(i, 1);
        }
        assertThat(marks(2)).contains(Mark.SETTLED).doesNotContain(Mark.DECIDED, Mark.OPEN);
        // What is left of it is given back by the next one that takes a patch back there.
        nextTool(0);
        nextTool(1);
        for (int i = 0; i < 3; i++) {
            assertThat(Pair.loaded(servers.get(i))).isEmpty();
        }
    }

    /** The mark of the one that told it goes with its process; whoever was told knows it for itself by then. */
    @Test
    void whoHasBeenToldTellsOthers() throws Exception {
        leftReverting(Mark.OPEN, Mark.DECIDED, Mark.OPEN);
        servers.get(0).close();
        nextTool(2);
        assertThat(marks(2)).contains(Mark.SETTLED);
        is(1, 1);
        is(2, 1);
    }

    @Test
    void whereThoseWhoMayHaveKnownThatTheyGoHaveEndedTheyComeBack() throws Exception {
        leftReverting(Mark.DECIDED, Mark.OPEN, Mark.OPEN);
        servers.get(0).close();
        nextTool(1);
        is(1, 3);
        is(2, 3);
    }

    /** Has all look as if a tool that took their patches back had died, with these marks. */
    private void leftReverting(Mark... marks) {
        List<Integer> pids = servers.stream().map(RunningServer::pid).toList();
        HalfLeft.Reverting reverting = HalfLeft.reverting(pids);
        for (int i = 0; i < marks.length; i++) {
            reverting.leave(pids.get(i), marks[i]);
        }
    }
}
