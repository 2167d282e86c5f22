package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.ffm.LaunchedProcess;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who looks for processes does not mean those that the library has started to warm up with. */
class OwnChildTest {
    @Test
    void ownChildrenAreNotFound() {
        int pid;
        try (OwnChild own = OwnChild.start(LiveProcess.launcher(List.of("cat")));
                LaunchedProcess other = LiveProcess.launch("cat")) {
            pid = own.pid();
            awaitStub(pid);
            awaitStub(other.pid());
            assertThat(ProcessFilter.ALL.find()).contains(other.pid()).doesNotContain(pid);
            assertThat(Preflight.candidates()).contains(other.pid()).doesNotContain(pid);
        }
        assertThat(OwnChild.isOwnChild(pid)).as("its id may be given to another").isFalse();
    }

    private static void awaitStub(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            while (!process.hasStub()) {
                Thread.onSpinWait();
            }
        }
    }
}
