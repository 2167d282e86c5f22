package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFileTest {
    @Test
    void filesOfAnyLengthAreReadWhole(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("long");
        String text = "0123456789abcde\n".repeat(10_000);
        Files.writeString(file, text);

        assertThat(ProcFile.read(file, StandardCharsets.UTF_8)).isEqualTo(text);
        assertThat(ProcFile.read(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1))
                .startsWith(ProcessHandle.current().pid() + " (");
    }

    @Test
    void aProcessThatDoesNotExistIsAMissingFile() throws Exception {
        LaunchedProcess child = new Launcher("true").start();
        child.waitFor();
        child.close();

        assertThatThrownBy(() -> ProcFile.read(Path.of("/proc/" + child.pid() + "/stat"), StandardCharsets.US_ASCII))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("/proc/" + child.pid());
    }

    @Test
    void threadsAreCountedAsTheyAreListed() {
        try (LaunchedProcess child = new Launcher("cat").start();
                Arena arena = Arena.ofConfined();
                TaskList list = new TaskList(child.pid(), arena)) {
            assertThat(list.threadCount()).isEqualTo(1);
            assertThat(TaskList.of(child.pid())).containsExactly(child.pid());
        }
    }
}
