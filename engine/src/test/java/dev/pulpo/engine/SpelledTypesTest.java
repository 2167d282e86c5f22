package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Signatures and layouts are compared by what types are, not by the words that a compiler has for them. */
class SpelledTypesTest {
    @TempDir
    private Path directory;

    private Path patch(String compiler, String source, String... options) throws Exception {
        new Victims(directory).resource("spelled.h");
        String[] all = java.util.Arrays.copyOf(options, options.length + 3);
        System.arraycopy(new String[]{"-shared", "-fPIC", "-g"}, 0, all, options.length, 3);
        return new Victims(directory).compiledBy(compiler, "fix.so", source, all);
    }

    private static LivePatch answer(Path file) {
        return LivePatch.of(file).target("exe").replace("answer", "answer");
    }

    @ParameterizedTest
    @CsvSource({"clang,-g,gcc", "gcc,-g,clang", "clang,-gdwarf-4,gcc", "gcc,-gdwarf-4,clang", "gcc,-g1,gcc"})
    void compilersAgree(String compiler, String debug, String other) throws Exception {
        Victims victims = new Victims(directory);
        victims.resource("spelled.h");
        Path program = victims.compiledBy(compiler, "program", "spelled.c", debug);
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = answer(patch(other, "spelled_fix.c"));
            assertThat(process.plan(patch).refusals()).isEmpty();
            process.apply(patch);
            assertThat(server.ask("a5")).isEqualTo("2005");
        }
    }

    @ParameterizedTest
    @CsvSource({"clang,gcc", "gcc,clang", "gcc,gcc"})
    void differencesAreStillFound(String compiler, String other) throws Exception {
        Victims victims = new Victims(directory);
        victims.resource("spelled.h");
        Path program = victims.compiledBy(compiler, "program", "spelled.c", "-g");
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(answer(patch(other, "spelled_wrong.c", "-DWRONG"))).refusals()).singleElement()
                    .satisfies(refusal -> assertThat(((Refusal.Unsafe) refusal).finding().check())
                            .isEqualTo(Check.SIGNATURE));
        }
    }

    @Test
    void assemblerFunctionHasNoSignature() throws Exception {
        Victims victims = new Victims(directory);
        Path program = victims.compiled("program", "assembled.s", "-g", victims.resource("laid_out_main.c").toString());
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("a5")).isEqualTo("1005");
            process.apply(answer(victims.compiled("fix.so", "laid_out_fix.c", "-g", "-shared", "-fPIC")));
            assertThat(server.ask("a5")).isEqualTo("2005");
        }
    }
}
