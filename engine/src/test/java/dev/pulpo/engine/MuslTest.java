package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program with another C library is refused before anything is injected, for the reason that a preflight gives. */
class MuslTest {
    @TempDir
    Path directory;

    @Test
    void programIsRefusedAsThePreflightSays() throws Exception {
        Needed.commands("musl-gcc");
        Path source = Files.writeString(directory.resolve("program.c"), """
                #include <unistd.h>
                __attribute__((noinline)) int answer(int x) { volatile int y = x; return y; }
                int main(void) { write(1, "\\n", 1); for (;;) pause(); return answer(1); }
                """);
        Path program = directory.resolve("program");
        assertThat(new ProcessBuilder("musl-gcc", "-O2", "-Wl,--build-id=sha1", "-o", program.toString(),
                source.toString()).start().waitFor()).isZero();
        LivePatch patch = LivePatch.of(new Victims(directory).fix(2)).target("exe").replace("answer", "fixed_answer");
        try (LaunchedProcess process = new Launcher(program.toString()).start();
                LiveProcess live = LiveProcess.attach(process.pid())) {
            assertThat(process.output().orElseThrow().read()).isEqualTo('\n');
            String before = Files.readString(Path.of("/proc/" + process.pid() + "/maps"));
            Preflight preflight = Preflight.of(process.pid());
            assertThat(preflight.isPatchable()).isFalse();
            assertThat(preflight.findings())
                    .anyMatch(finding -> finding.kind() == Preflight.Kind.OTHER_LIBRARY);
            assertThat(live.plan(patch).refusals()).hasAtLeastOneElementOfType(Refusal.OtherLibrary.class);
            assertThatThrownBy(live::inject).isInstanceOfSatisfying(RefusedException.class,
                    e -> assertThat(e.refusals())
                            .hasOnlyElementsOfType(Refusal.OtherLibrary.class));
            assertThat(Files.readString(Path.of("/proc/" + process.pid() + "/maps"))).isEqualTo(before);
        }
    }
}
