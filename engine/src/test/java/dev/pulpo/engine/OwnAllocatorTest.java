package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A program with an allocator of its own: a thread inside that is not borrowed, and one elsewhere in the program is. */
class OwnAllocatorTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"gcc,-pie,true", "gcc,-no-pie,false", "clang,-pie,false"})
    void threadsAreBorrowedOutsideOfIt(String compiler, String kind, boolean strip) throws Exception {
        Victims victims = new Victims(directory);
        Path program = victims.compiledBy(compiler, "own", "own_malloc.c", "-rdynamic", "-fno-builtin",
                kind.equals("-pie") ? "-fpie" : "-fno-pie", kind, strip ? "-s" : "-g");
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("where")).isEqualTo("outside");
            assertThat(server.ask("inside")).isEqualTo("inside");
            assertThatThrownBy(process::inject).isInstanceOf(BlockedException.class)
                    .hasMessageContaining("the allocator of own");
            Tools.run("kill", "-USR1", Integer.toString(server.pid()));
            assertThat(server.ask("where")).isEqualTo("out");
            assertThat(process.inject()).isTrue();
            assertThat(List.of(server.line(), server.ask("where"))).containsExactly("outside", "outside");
        }
    }
}
