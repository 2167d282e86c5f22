package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

/** The states of the threads of a child and of this JVM. */
class TaskStateTest {
    @Test
    void statesAreThoseOfTheKernel() {
        int self = Math.toIntExact(ProcessHandle.current().pid());
        try (Arena arena = Arena.ofConfined(); TaskList list = new TaskList(self, arena)) {
            assertThat(list.state(Processes.currentThread())).isEqualTo('R');
            assertThat(list.refresh()).isGreaterThan(1);
            for (int i = 0; i < list.refresh(); i++) {
                assertThat(list.state(list.tid(i))).isIn('R', 'S', 'D', (char) 0);
            }
            assertThat(list.state(1)).as("a thread of another process").isEqualTo((char) 0);
            assertThat(list.state(Integer.MAX_VALUE)).isEqualTo((char) 0);
        }
        try (LaunchedProcess child = new Launcher("cat").start();
                Arena arena = Arena.ofConfined();
                TaskList list = new TaskList(child.pid(), arena)) {
            Processes.kill(child.pid(), Signals.SIGKILL);
            while (list.state(child.pid()) != 'Z' && list.state(child.pid()) != 0) {
                Thread.onSpinWait();
            }
            assertThat(list.state(child.pid())).as("killed, and not waited for").isEqualTo('Z');
        }
    }
}
