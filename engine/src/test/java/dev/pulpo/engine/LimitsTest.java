package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** There are no limits but the kernel's, and those are called by their names. */
@Timeout(120)
class LimitsTest {
    private static final int LONGEST_NAME = 255;
    private static final int LONGEST_PATH = 4095;

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.server();
    }

    private static LivePatch patch(Path file) {
        return LivePatch.of(file).target("libanswer.so").replace("answer", "fixed_answer");
    }

    /** A link whose path has this length; the directories are made on the way, as none can be reached otherwise. */
    private static Path linked(Path file, int length) throws Exception {
        StringBuilder path = new StringBuilder(directory.toString());
        while (length - path.length() > LONGEST_NAME + 1) {
            // Leaves at least one character for the last name, and a slash.
            int name = Math.min(LONGEST_NAME, length - path.length() - 3);
            path.append('/').repeat("d", name);
        }
        Files.createDirectories(Path.of(path.toString()));
        path.append('/').repeat("p", length - path.length());
        assertThat(path.toString().getBytes(StandardCharsets.UTF_8)).hasSize(length);
        return Files.createLink(Path.of(path.toString()), file);
    }

    /** In procfs, below the process's root directory, its path is longer than the kernel takes; that is nobody's concern. */
    @Test
    void patchWithTheLongestPath() throws Exception {
        LivePatch patch = patch(linked(victims.fix(2), LONGEST_PATH));
        try (RunningServer server = RunningServer.preloaded(victims.server(), "2", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            assertThat(server.ask("answer")).isEqualTo("2");
            assertThat(process.patches()).singleElement()
                    .satisfies(applied -> assertThat(applied.file()).isEqualTo(patch.file().toString()));
            process.revert(patch.id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @Test
    void pathsThatTheKernelDoesNotTake() {
        assertThatThrownBy(() -> LivePatch.open(directory.resolve("d/".repeat(LONGEST_PATH) + "fix.so")))
                .isInstanceOf(FileSystemException.class).hasMessageContaining("4095 bytes (PATH_MAX)")
                .hasMessageContaining("symbolic link");
        assertThatThrownBy(() -> LivePatch.open(directory.resolve("f".repeat(LONGEST_NAME + 1))))
                .isInstanceOf(FileSystemException.class).hasMessageContaining("255 bytes (NAME_MAX)");
    }

    /** Whatever cannot be opened, it is not taken for something that is the matter with the process or with the patch. */
    @Test
    void toolThatCanOpenFewFiles() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "2", "sleep")) {
            Process tool = new ProcessBuilder("sh", "-c", "ulimit -n 150 && exec \"$@\"", "sh",
                    System.getProperty("java.home") + "/bin/java", "--enable-native-access=ALL-UNNAMED",
                    "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
                    ApplyWithFewFiles.class.getName(), Integer.toString(server.pid()), victims.fix(2).toString())
                    .redirectErrorStream(true).start();
            List<String> lines = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8).lines()
                    .toList();
            assertThat(tool.waitFor()).as(String.join("\n", lines)).isZero();
            assertThat(lines).hasSizeGreaterThan(4);
            assertThat(lines.getFirst()).isEqualTo("done");
            assertThat(lines.get(1)).startsWith("TargetGoneException: ");
            assertThat(lines.getLast()).isEqualTo("done");
            // What could be applied and not be taken back is in force, and found so.
            assertThat(lines.subList(2, lines.size() - 1)).filteredOn(line -> !line.equals("left IN_FORCE"))
                    .hasSizeGreaterThan(2).allSatisfy(line -> assertThat(line).contains(
                            "EMFILE, the limit of open files of one process (RLIMIT_NOFILE)",
                            "ulimit -n"));
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }
}
