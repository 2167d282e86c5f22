package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The short form of {@link RandomKills}: a few kills of the two kinds that differ most. */
@Tag("slow")
class RandomKillsTest {
    @TempDir
    Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"prepared,preloaded,by-thread", "unprepared,injected,at-once"})
    void toolsThatAreKilledAtRandomInstantsLeaveTheTargetWhole(String kind) throws Exception {
        KillSweep.Kind known = KillSweep.Kind.parse(List.of(kind)).getFirst();
        RandomKills.Report report = new RandomKills(directory, known, 20261123).run(3);
        System.out.println(report.line(known));
        assertThat(report.failures()).isEmpty();
        assertThat(report.kills()).isEqualTo(3);
    }
}
