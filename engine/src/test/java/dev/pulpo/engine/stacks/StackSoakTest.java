package dev.pulpo.engine.stacks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Needed;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The short form of {@link StackSoak}: a few stops of some programs. */
@Tag("slow")
class StackSoakTest {
    private static final int STOPS = 5;
    private static final long SEED = 20261123;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"c, 13", "c++-cet, 9", "python, 7"})
    void stacksAreThoseThatGdbSees(String program, int threads) throws Exception {
        Needed.commands("gdb", "readelf", "gcc", "python3");
        List<String> output = new ArrayList<>();
        try (Gdb gdb = new Gdb(directory);
                Subject subject = Subjects.start(program, directory);
                StackSoak soak = new StackSoak(subject, gdb, new DescribedCode(directory), new Random(SEED),
                        output::add)) {
            Tally tally = soak.run(STOPS);
            System.out.println(Tally.header() + System.lineSeparator() + tally);
            assertThat(tally.differences()).as(String.join("", output)).isZero();
            assertThat(tally.stops()).isEqualTo(STOPS);
            assertThat(tally.equal()).isGreaterThan(STOPS * threads / 2);
            assertThat(tally.frames()).isGreaterThan(2 * STOPS * threads);
        }
    }
}
