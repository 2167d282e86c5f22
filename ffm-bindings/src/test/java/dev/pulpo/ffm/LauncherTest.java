package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.raw.posix_spawn_file_actions_t;
import dev.pulpo.ffm.raw.posix_spawnattr_t;
import dev.pulpo.ffm.raw.sigaction;
import dev.pulpo.ffm.raw.sigset_t;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class LauncherTest {
    @Test
    void sizesAreThoseOfTheHeaders() {
        assertThat(Launcher.ATTRIBUTES_BYTES).isEqualTo((int) posix_spawnattr_t.layout().byteSize());
        assertThat(Launcher.ACTIONS_BYTES).isEqualTo((int) posix_spawn_file_actions_t.layout().byteSize());
        assertThat(Launcher.SIGNALS_BYTES).isEqualTo((int) sigset_t.layout().byteSize());
        assertThat(WaitGuard.SIGACTION_BYTES).isEqualTo((int) sigaction.layout().byteSize());
        assertThat(sigaction.__sigaction_handler$offset()).isZero();
    }

    @Test
    void programRunsWithItsEnvironmentAndPipes() throws Exception {
        try (LaunchedProcess cat = new Launcher("sh", "-c", "read line; echo \"$line $WORD\"; echo e >&2; exit 3")
                .environment("WORD", "there").start()) {
            var input = cat.input().orElseThrow();
            input.write("hello\n".getBytes(StandardCharsets.UTF_8));
            input.flush();
            assertThat(cat.waitFor()).isEqualTo(new WaitStatus.Exited(3));
            assertThat(cat.output().orElseThrow().readAllBytes()).asString().isEqualTo("hello there\n");
            assertThat(cat.error().orElseThrow().readAllBytes()).asString().isEqualTo("e\n");
        }
    }

    @Test
    void absentProgramIsAnErrorThatNamesIt() {
        assertThatThrownBy(() -> new Launcher("/no/such/program").start())
                .isInstanceOfSatisfying(SystemCallException.class,
                        e -> assertThat(e.errno()).isEqualTo(Errno.ENOENT))
                .hasMessageContaining("/no/such/program")
                .hasMessageContaining("ENOENT");
    }

    @Test
    void closeKills() {
        LaunchedProcess sleep = new Launcher("sleep", "1000").start();
        assertThat(sleep.waitFor(Duration.ofMillis(20))).isEmpty();
        sleep.close();
        assertThat(sleep.waitFor()).isEqualTo(new WaitStatus.Killed(Signals.SIGKILL));
        assertThat(Processes.exists(sleep.pid())).isFalse();
    }

    @Test
    void tracedChildIsInterruptedReadChangedAndGivenBack() {
        try (Arena arena = Arena.ofConfined(); LaunchedProcess sleep = new Launcher("sleep", "1000").start()) {
            Ptrace ptrace = new Ptrace(arena);
            int pid = sleep.pid();
            assertThat(ptrace.seize(pid, pid, 0)).isZero();
            assertThat(ptrace.pollWord(pid)).isEqualTo(Ptrace.NOTHING);
            assertThat(ptrace.interrupt(pid)).isZero();
            assertThat(ptrace.await(pid)).isEqualTo(new WaitStatus.Interrupted());
            Registers registers = new Registers(arena);
            assertThat(ptrace.readRegisters(pid, registers)).isZero();
            assertThat(registers.isLongMode()).isTrue();
            assertThat(registers.rsp()).isNotZero();
            assertThat(ptrace.detach(pid, 0)).isZero();
            assertThat(ptrace.readRegisters(pid, registers)).isEqualTo(Errno.ESRCH);
            assertThat(sleep.isAlive()).isTrue();
        }
    }

    @Test
    void exitSeenByTheTracerIsStillTheLaunchersToTell() {
        try (Arena arena = Arena.ofConfined(); LaunchedProcess cat = new Launcher("cat").start()) {
            Ptrace ptrace = new Ptrace(arena);
            assertThat(ptrace.seize(cat.pid(), cat.pid(), 0)).isZero();
            Processes.kill(cat.pid(), Signals.SIGKILL);
            assertThat(ptrace.await(cat.pid())).isEqualTo(new WaitStatus.Killed(Signals.SIGKILL));
            assertThat(cat.waitFor()).isEqualTo(new WaitStatus.Killed(Signals.SIGKILL));
        }
    }

    private static ProcessLock.Result tryLock(int pid) {
        return ProcessLock.tryLock(pid, pid, holders -> Optional.of(new ProcessLock.Taken(holders)));
    }

    @Test
    void lockOnOneProcessIsExclusive() {
        try (LaunchedProcess sleep = new Launcher("sleep", "1000").start()) {
            var first = (ProcessLock.Held) tryLock(sleep.pid());
            var second = (ProcessLock.Taken) tryLock(sleep.pid());
            assertThat(second.holders()).containsExactly((int) ProcessHandle.current().pid());
            first.lock().close();
            ((ProcessLock.Held) tryLock(sleep.pid())).lock().close();
        }
    }
}
