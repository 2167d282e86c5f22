package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WaitGuardTest {
    @Test
    @Timeout(60)
    void blockingWaitForThreadThatDoesNotStopEnds() throws Exception {
        try (LaunchedProcess child = new Launcher(List.of("cat")).start(); Arena arena = Arena.ofConfined()) {
            Ptrace ptrace = new Ptrace(arena);
            WaitGuard guard = ptrace.guard();
            assertThat(ptrace.seize(child.pid(), child.pid(), 0)).isZero();
            for (int i = 0; i < 20; i++) {
                guard.arm();
                assertThat(ptrace.awaitWordBriefly(child.pid())).as("wait %d", i).isEqualTo(Ptrace.NOTHING);
                guard.disarm();
                // Long enough for the watching thread to fall asleep now and then.
                Thread.sleep(i % 4);
            }
            assertThat(ptrace.interrupt(child.pid())).isZero();
            int word = Ptrace.NOTHING;
            while (word == Ptrace.NOTHING) {
                guard.arm();
                word = ptrace.awaitWordBriefly(child.pid());
                guard.disarm();
            }
            assertThat(Ptrace.isInterrupted(word)).isTrue();
            assertThat(ptrace.detach(child.pid(), 0)).isZero();
        }
    }
}
