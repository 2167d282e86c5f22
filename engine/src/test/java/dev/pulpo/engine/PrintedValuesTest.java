package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ByteBuilder;
import dev.pulpo.elf.ElfEditor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.Note;
import dev.pulpo.elf.SharedObjectWriter;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.ffm.Launcher;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What values of the library show in jshell. {@link ArchitectureTest} sees to it that none shows as a class and a number. */
class PrintedValuesTest {
    @TempDir
    private Path directory;

    @Test
    void valuesAreShown() throws Exception {
        Victims victims = new Victims(directory);
        assertThat(PatchStore.at(directory)).hasToString("patches in " + directory);
        assertThat(new Upkeep(PatchStore.at(directory))).hasToString("upkeep of 0 patches");
        assertThat(LiveUpdate.ofThisMachine()).hasToString("updates of processes to the installed builds");
        assertThat(new LoadWatch()).hasToString("watch of what 0 processes have loaded");
        assertThat(new TimelineRecorder()).hasToString("[]");
        assertThat(new Launcher("cat", "-u")).hasToString("launcher of cat");
        assertThat(new ByteBuilder().u8(1)).hasToString("1 byte");
        assertThat(new SharedObjectWriter().toString()).startsWith("shared object up to 0x");
        try (ElfFile elf = ElfFile.open(victims.library()); DebugInfo info = DebugInfo.of(elf)) {
            assertThat(ElfEditor.of(elf)).hasToString("editor of " + elf.name());
            assertThat(info).hasToString("debug information of " + elf.name());
            assertThat(elf.notes()).extracting(Note::toString).contains("note 3 of GNU, 20 bytes");
        }
        assertThat(new StackProfile.Cost(7, "worker", 2, Duration.ofNanos(3_000),
                Duration.ofNanos(5_000)))
                .hasToString("thread 7 (worker): 2 stops, the longest 3 µs, together 5 µs");
        assertThat(new Pause(Pause.Cause.LOAN, List.of(new ThreadPause(7, 1_000, 4_000))))
                .hasToString("thread 7 borrowed for 3 µs");
        assertThat(new ThreadPause(7, 1_000, 4_000)).hasToString("thread 7: 3 µs");
    }
}
