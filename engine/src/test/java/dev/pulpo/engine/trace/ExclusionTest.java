package dev.pulpo.engine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.RefusedException;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.ProcessLock;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The lock that keeps tools apart, when its holder dies and leaves a child that has it still. */
class ExclusionTest {
    /** Takes the lock by a process that ends at once; the shell keeps the descriptor until it is told to let go. */
    private static String holding(int pid) {
        return "exec 9</proc/" + pid
                + " && flock -x 9 && echo locked && read line && exec 9<&- && echo let go && read line";
    }

    private static LaunchedProcess launch(String... command) {
        return new Launcher(command).start();
    }

    @Test
    void lockOfADeadHolderIsWaitedFor() throws Exception {
        try (LaunchedProcess target = launch("cat");
                LaunchedProcess shell = launch("sh", "-c", holding(target.pid()))) {
            BufferedReader said = new BufferedReader(
                    new InputStreamReader(shell.output().orElseThrow(), StandardCharsets.UTF_8));
            assertThat(said.readLine()).isEqualTo("locked");
            assertThatThrownBy(() -> Exclusion.of(target.pid())).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another Pulpo works on the process");
            Thread letsGo = Thread.ofPlatform().start(() -> {
                try {
                    Thread.sleep(100);
                    shell.input().orElseThrow().write('\n');
                    shell.input().orElseThrow().flush();
                } catch (java.io.IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
            try (ProcessLock lock = Exclusion.of(target.pid())) {
                assertThat(lock).isNotNull();
                assertThat(said.readLine()).isEqualTo("let go");
            }
            letsGo.join();
        }
    }
}
