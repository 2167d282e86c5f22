package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A tool that is killed while it calls callbacks: each is called once nevertheless. */
@Tag("slow")
class CallbackSweepTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Called.At.class)
    void killedWhileOneRuns(Called.At at) throws Exception {
        assertThat(new CallbackSweep(directory, false).killIn(at)).isEmpty();
    }

    @Test
    void killedWhileOneRunsAndThreadsChangeOneByOne() throws Exception {
        assertThat(new CallbackSweep(directory, true).killIn(Called.At.AFTER_APPLY)).isEmpty();
    }

    /** As in {@link KillSweepTest}. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"false|3|13|pwrite64(mem, 8 bytes", "false|2|4|ptrace(0xd",
            "true|7|17|pwrite64(mem, 8 bytes"})
    void killedAtSomeSystemCalls(boolean byThread, int first, int every, String call) throws Exception {
        KillSweep.Report report = new CallbackSweep(directory, byThread).run(first, every, call);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.kills()).isGreaterThanOrEqualTo(2);
    }
}
