package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.target.ProcFs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which thread is borrowed, where there are several. */
class BorrowChoiceTest {
    private static final long READ = 0;
    private static final long CLOCK_NANOSLEEP = 230;

    @TempDir
    static Path directory;
    static Path program;

    @BeforeAll
    static void build() {
        program = new Victims(directory).program("sleepers.c", "-pthread");
    }

    @Test
    void whoSleepsForATimeIsLeftAloneWhereAnotherWillDo() throws Exception {
        try (RunningServer server = RunningServer.plain(program, "reader");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Map<Long, Long> before = switches(server.pid(), 3);
            assertThat(process.inject()).isTrue();
            Map<Long, Long> after = switches(server.pid(), 3);
            assertThat(after.get(READ)).isGreaterThan(before.get(READ));
            assertThat(after.get(CLOCK_NANOSLEEP)).isEqualTo(before.get(CLOCK_NANOSLEEP));
        }
    }

    @Test
    void whoSleepsForATimeIsBorrowedWhereThereIsNoOther() throws Exception {
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Map<Long, Long> before = switches(server.pid(), 2);
            assertThat(process.inject()).isTrue();
            assertThat(switches(server.pid(), 2).get(CLOCK_NANOSLEEP)).isGreaterThan(before.get(CLOCK_NANOSLEEP));
        }
    }

    /** How often threads have left their CPU by themselves, by the system call that they wait in, once all of them wait. */
    private static Map<Long, Long> switches(int pid, int threads) {
        while (true) {
            Map<Long, Long> switches = new TreeMap<>();
            int waiting = 0;
            for (int tid : ProcFs.threads(pid)) {
                // Asked once: whoever runs still may wait a moment later.
                OptionalLong call = ProcFs.systemCall(pid, tid);
                waiting += ProcFs.state(pid, tid) == 'S' && call.isPresent() ? 1 : 0;
                long count = Long.parseLong(ProcFs.status(pid, tid, "voluntary_ctxt_switches").orElseThrow());
                // A sleep that was interrupted goes on as restart_syscall.
                switches.merge(call.orElse(-1) == READ ? READ : CLOCK_NANOSLEEP, count, Long::sum);
            }
            if (waiting == threads) {
                return switches;
            }
            Thread.onSpinWait();
        }
    }

    @Test
    void openFilesAreSeenAndOneDoubtIsEnough() throws IOException {
        try (RunningServer server = RunningServer.plain(program)) {
            int pid = server.pid();
            String input = Files.readSymbolicLink(Path.of("/proc/" + pid + "/fd/0")).toString();
            assertThat(ProcFs.hasOpen(pid, pid, input, 100)).isTrue();
            assertThat(ProcFs.hasOpen(pid, pid, "anon_inode:[eventpoll]", 100)).isFalse();
            // Not all of them may be looked at, or none can be.
            assertThat(ProcFs.hasOpen(pid, pid, "anon_inode:[eventpoll]", 1)).isTrue();
            assertThat(ProcFs.hasOpen(pid, 1, "anon_inode:[eventpoll]", 100)).isTrue();
        }
    }
}
