package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever becomes of a tool that applies several patches in one step, the next one leaves all of them, or none. */
@Tag("slow")
class TransactionSweepTest {
    @TempDir
    Path directory;

    /** Killed at writes to the target's memory: of code, of states and of marks. {@code TransactionSweep} takes all calls. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"PAIR|3|5|pwrite64(mem", "INSTEAD|4|4|pwrite64(mem",
            "PROCESSES|2|5|pwrite64(mem, 8 bytes", "PROCESSES|30|71|''",
            "PROCESSES_REVERT|1|3|pwrite64(mem, 8 bytes", "PROCESSES_REVERT|20|51|''"})
    void killedAtSomeSystemCalls(TransactionSweep.Mode mode, int first, int every, String call) throws Exception {
        KillSweep.Report report = new TransactionSweep(directory, mode).run(first, every, call);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.kills()).isGreaterThanOrEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"PAIR,true,false,1,4", "PAIR,true,true,2,5", "INSTEAD,true,true,3,4"})
    void failsAtSomeSystemCalls(TransactionSweep.Mode mode, boolean stopsAlone, boolean lasting, int first, int every)
            throws Exception {
        FailureSweep.Report report = new FailureSweep(new TransactionSweep(directory, mode), stopsAlone, lasting)
                .run(first, every);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.thrown()).isGreaterThan(5);
    }
}
