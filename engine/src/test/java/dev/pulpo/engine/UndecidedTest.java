package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties.Mark;
import dev.pulpo.ffm.TraceeMemory;
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

    private static Registry registry(int pid, TraceeMemory memory) {
        return Registry.read(pid, memory, ProcessImage.read(pid, memory).stub().orElseThrow());
    }

    /** Has a process look as if the tool had died there. */
    private void left(int index, State state, Mark mark) {
        int pid = servers.get(index).pid();
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            for (Registry.Entry entry : registry(pid, memory).active()) {
                Registry.setState(memory, entry, state);
                Registry.setMark(memory, entry, mark);
            }
        }
    }

    private List<Mark> marks(int index) {
        int pid = servers.get(index).pid();
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            return registry(pid, memory).entries().stream().map(entry -> entry.patch().ties())
                    .filter(ties -> ties.isOfSeveral()).map(ties -> ties.mark()).distinct().toList();
        }
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
}
