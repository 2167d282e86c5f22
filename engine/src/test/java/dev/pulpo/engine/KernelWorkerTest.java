package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.target.ProcFs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Threads that the kernel runs in a process's memory: they have no stack there, and never run its code. */
class KernelWorkerTest {
    @TempDir
    private Path directory;

    @Test
    void workersBlockNothingAndAreNotBorrowed() throws Exception {
        Victims victims = new Victims(directory);
        Path program = victims.compiled("workers", "workers.c", "-g");
        LivePatch patch = LivePatch.of(victims.compiled("fix.so", "laid_out_fix.c", "-shared", "-fPIC"))
                .target("exe").replace("answer", "answer");
        try (RunningServer server = RunningServer.plain(program)) {
            Assumptions.assumeTrue(server.isReady(), "this kernel has no io_uring");
            while (ProcFs.threads(server.pid()).size() == 1) {
                // The kernel starts the first worker by itself.
                Thread.onSpinWait();
            }
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                for (Consistency level : List.of(Consistency.DEFAULT, Consistency.perThread(Duration.ofSeconds(5)))) {
                    process.apply(patch, level);
                    assertThat(server.ask("a5")).isEqualTo("2005");
                    process.revert(patch.id(), level);
                    assertThat(server.ask("a5")).isEqualTo("1005");
                }
                assertThat(process.stacks()).hasSize(1);
            }
        }
    }
}
