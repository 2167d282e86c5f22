package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A tool that runs out of memory, or throws, leaves a target that lives, and patches that are what is reported of them. */
@Tag("slow")
class FailureSweepTest {
    @TempDir
    Path directory;

    /** Every third call of the stops, and some of all the others; {@code FailureSweep} as a program takes all. */
    @ParameterizedTest
    @CsvSource({"true,false,1,3", "true,true,2,3", "false,false,5,17", "false,true,9,17"})
    void failsAtSomeSystemCalls(boolean stopsAlone, boolean lasting, int first, int every) throws Exception {
        FailureSweep.Report report = new FailureSweep(directory, stopsAlone, lasting).run(first, every);
        System.out.println(report);
        assertThat(report.failures()).isEmpty();
        assertThat(report.thrown()).isGreaterThan(5);
    }
}
