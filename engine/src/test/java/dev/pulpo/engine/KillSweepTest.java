package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tool that is killed at its n-th system call leaves a target that lives, and a registry that tells the truth. */
@Tag("slow")
class KillSweepTest {
    @TempDir
    Path directory;

    /**
     * Some calls, those between which there is most to lose: PTRACE_SETREGS (0xd) and PTRACE_SETSIGMASK (0x420b) divert a
     * thread, eight bytes are a record's state or the thread that is borrowed, one byte turns all gates. {@code KillSweep}
     * as a program takes all.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"true|true|false|2|4|pwrite64(mem, 8 bytes",
            "false|true|false|3|4|pwrite64(mem, 8 bytes", "true|false|false|1|3|ptrace(0x420b",
            "false|false|false|2|3|ptrace(0xd", "true|true|false|29|71|''", "true|true|true|2|1|pwrite64(mem, 1 bytes",
            "false|true|true|2|3|pwrite64(mem, 8 bytes"})
    void killedAtSomeSystemCalls(boolean prepared, boolean preloaded, boolean byThread, int first, int every,
            String call) throws Exception {
        KillSweep.Report report = new KillSweep(directory, prepared, preloaded, byThread).run(first, every, call);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.kills()).isGreaterThanOrEqualTo(2);
    }
}
