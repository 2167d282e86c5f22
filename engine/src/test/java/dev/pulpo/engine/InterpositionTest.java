package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Definitions of a function that another object's takes the place of: replacing one would change nothing. */
class InterpositionTest {
    @TempDir
    private Path directory;

    private void library(String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-shared", "-fPIC", "-Wl,-soname,libinter.so"));
        all.addAll(List.of(options));
        new Victims(directory).compiled("libinter.so", "interposed.c", all.toArray(String[]::new));
    }

    private Path program(String... options) throws Exception {
        List<String> all = new ArrayList<>(List.of("-L" + directory, "-linter", "-Wl,-rpath," + directory));
        all.addAll(List.of(options));
        return new Victims(directory).compiled("user", "interposed_main.c", all.toArray(String[]::new));
    }

    private LivePatch fix(String target) throws Exception {
        Path file = new Victims(directory).compiled("fix.so", "laid_out_fix.c", "-shared", "-fPIC");
        return LivePatch.of(file).target(target).replace("answer", "answer");
    }

    /** The lookup may have been made, when the first call was, or may still have to be. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTheProgramInterposesIsRefused(boolean called) throws Exception {
        library();
        try (RunningServer server = RunningServer.plain(program("-DOWN", "-rdynamic", "-Wl,-z,lazy"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            if (called) {
                assertThat(server.ask("u1")).isEqualTo("107001");
            }
            assertThat(process.plan(fix("libinter.so")).refusals()).singleElement().satisfies(refusal -> {
                assertThat(((Refusal.Unsafe) refusal).finding().check()).isEqualTo(Check.INTERPOSED);
                assertThat(((Refusal.Unsafe) refusal).finding().message()).contains("user");
            });
            LivePatch allowed = fix("libinter.so").allow(Check.INTERPOSED);
            process.apply(allowed);
            assertThat(server.ask("u1")).isEqualTo("107001");
            process.revert(allowed.id());
            process.apply(fix("exe"));
            assertThat(server.ask("u1")).isEqualTo("102001");
        }
    }

    @Test
    void libraryThatCallsItsOwnIsPatched() throws Exception {
        library("-DOWN_CALL");
        try (RunningServer server = RunningServer.plain(program("-DOWN", "-rdynamic"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(fix("libinter.so"));
            assertThat(server.ask("u1")).isEqualTo("102001");
            assertThat(server.ask("a1")).isEqualTo("7001");
        }
    }

    @Test
    void definitionThatTheProgramKeepsToItselfDoesNotCount() throws Exception {
        library();
        try (RunningServer server = RunningServer.plain(
                program("-DOWN", "-Wl,--exclude-libs,ALL", "-fvisibility=hidden"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(fix("libinter.so"));
            assertThat(server.ask("u1")).isEqualTo("102001");
        }
    }
}
