package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Functions of C++ by the names that people know. */
class ReadableNamesTest {
    @TempDir
    private Path directory;

    private Path built(String name, String... options) throws Exception {
        return new Victims(directory).compiled(name, "names.cc", options);
    }

    @Test
    void aDiffTakesThem() throws Exception {
        Path old = built("old");
        Path fixed = built("fixed", "-DFIXED");
        assertThat(replaced(old, fixed, "shop::price(int, char const*)").functions())
                .extracting(PackReport.Function::name).containsExactly("_ZN4shop5priceEiPKc");
        assertThat(replaced(old, fixed, "shop::stock").functions()).extracting(PackReport.Function::name)
                .containsExactly("_ZN4shop5stockEi");
        assertThat(replaced(old, fixed, "shop::price").findings()).extracting(Finding::check).contains(Check.UNKNOWN);
        assertThat(replaced(old, fixed, "shop::price").findings()).extracting(Finding::message)
                .anyMatch(message -> message.contains("several") && message.contains("_ZN4shop5priceEi,"));
    }

    private PackReport replaced(Path old, Path fixed, String only) throws Exception {
        return BuildDiff.pack(old, fixed, directory.resolve("fix.so"), Set.of(),
                new BuildDiff.Selection(List.of(only), List.of()));
    }

    @Test
    void aProcessIsAskedByThem() throws Exception {
        try (RunningServer server = RunningServer.preloaded(built("program"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.disassemble("shop::price(int)").name()).isEqualTo("_ZN4shop5priceEi");
            assertThatThrownBy(() -> process.disassemble("shop::price")).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("_ZN4shop5priceEiPKc");
            assertThatThrownBy(() -> process.disassemble("shop::nothing")).isInstanceOf(RefusedException.class);
            assertThat(server.ask("2")).isEqualTo("20 -47 6");
            try (LiveProbe probe = process.probe(Probe.returning("shop::stock", 77))) {
                assertThat(server.ask("2")).isEqualTo("20 -47 77");
                assertThat(probe.probe().function()).isEqualTo("shop::stock");
            }
            assertThat(server.ask("2")).isEqualTo("20 -47 6");
        }
    }
}
