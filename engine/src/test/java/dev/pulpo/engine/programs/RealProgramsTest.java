package dev.pulpo.engine.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Needed;
import dev.pulpo.engine.programs.Soak.Report;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs as the distribution ships them run on, without one wrong answer, while functions of their libraries are led
 * through detours and back. {@link Soaks} runs as many rounds as one likes.
 */
@Tag("slow")
class RealProgramsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"nginx, 10, false, 80", "redis, 3, true, 1000", "sqlite, 10, true, 1000", "python, 3, false, 3000"})
    void answersStayRight(String name, int rounds, boolean preloaded, int functions) throws Exception {
        Needed.commands("gcc");
        Needed.nothingMissing(Programs.missing());
        try (Program program = Soaks.start(name, directory, preloaded)) {
            Report report = Soaks.of(name, rounds).run(program, directory, rounds);
            System.out.println(report);
            assertThat(report.functions()).isGreaterThan(functions);
            assertThat(report.blocked()).isZero();
            if (report.kept() == 0) {
                assertThat(report.after().executable()).as("memory with code").isEqualTo(report.before().executable());
                // In its first seconds a program still asks for memory itself; what a round leaves behind is there each time.
                assertThat(report.after().ranges()).as("mappings").isLessThanOrEqualTo(report.before().ranges() + 1);
            } else {
                long patches = report.inForce().executable() - report.before().executable();
                assertThat(report.after().executable()).as("memory with code")
                        .isLessThanOrEqualTo(report.before().executable() + report.kept() * patches);
            }
        }
    }
}
