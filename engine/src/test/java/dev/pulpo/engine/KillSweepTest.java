package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tool that is killed at its n-th system call leaves a target that lives, and a registry that tells the truth. */
class KillSweepTest {
    @TempDir
    Path directory;

    /**
     * Some calls, those between which there is most to lose: PTRACE_SETREGS (0xd) and PTRACE_SETSIGMASK (0x420b) divert a
     * thread, eight bytes are a record's state or the thread that is borrowed. {@code KillSweep} as a program takes all.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"true|true|2|4|pwrite64(mem, 8 bytes", "false|true|3|4|pwrite64(mem, 8 bytes",
            "true|false|1|3|ptrace(0x420b", "false|false|2|3|ptrace(0xd", "true|true|29|71|''"})
    void killedAtSomeSystemCalls(boolean prepared, boolean preloaded, int first, int every, String call)
            throws Exception {
        KillSweep.Report report = new KillSweep(directory, prepared, preloaded).run(first, every, call);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.kills()).isGreaterThanOrEqualTo(2);
    }
}
