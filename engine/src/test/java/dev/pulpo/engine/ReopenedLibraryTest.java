package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A library that the process closes and opens again: its entries are new, and the patch's record is history. */
class ReopenedLibraryTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"-fcf-protection=none", "-fpatchable-function-entry=5 -fcf-protection=full",
            "-fpatchable-function-entry=16,14"})
    void isPatchedAgain(String options) throws Exception {
        Victims victims = new Victims(directory);
        Path library = victims.compiled("liblaid.so", "laid_out.c", ("-shared -fPIC " + options).split(" "));
        Path program = victims.compiled("reopened", "reopened.c");
        LivePatch patch = LivePatch.of(victims.compiled("fix.so", "laid_out_fix.c", "-shared", "-fPIC"))
                .target("liblaid.so").replace("answer", "answer");
        try (RunningServer server = RunningServer.plain(program, library.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            assertThat(server.ask("a5")).isEqualTo("2005");
            assertThat(server.ask("c5")).isEqualTo("1005");
            process.apply(patch);
            assertThat(server.ask("a5")).isEqualTo("2005");
            assertThat(process.patches()).hasSize(1);
            process.revert(patch.id());
            assertThat(server.ask("a5")).isEqualTo("1005");
        }
    }
}
