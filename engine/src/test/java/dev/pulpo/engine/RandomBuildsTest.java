package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random libraries, of which one function differs between two builds: a process with the old one does after an update what a
 * process with the new one does. The same pairs as of {@code examples/bin/corpus --random}.
 */
@Tag("slow")
class RandomBuildsTest {
    private static final int FIRST = 5055;
    private static final int PAIRS = 24;
    private static final List<String> QUESTIONS = List.of("0", "1", "5", "77", "-3", "600", "12345");

    @TempDir
    private Path directory;

    private static List<String> answers(RunningServer server) {
        return QUESTIONS.stream().map(server::ask).toList();
    }

    private static List<String> answers(Path program, Path library) {
        try (RunningServer server = RunningServer.plain(program, library.toString())) {
            return answers(server);
        }
    }

    /** What a process says after the update, or after update and revert. */
    private static List<String> updated(Path program, Path library, Path container, boolean reverted)
            throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, library.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.open(container);
            process.apply(patch);
            if (reverted) {
                process.revert(patch.id());
            }
            return answers(server);
        }
    }

    @Test
    void anUpdateDoesWhatTheNewBuildDoes() throws Exception {
        Path program = new Victims(directory).compiled("program", "random_main.c");
        String made = Tools.run("python3", Path.of("..", "examples", "corpus", "pairs.py").toString(), "--make",
                directory.toString(), Integer.toString(PAIRS), Integer.toString(FIRST));
        assertThat(made.lines().collect(Collectors.toList())).hasSize(PAIRS);
        int differ = 0;
        int containers = 0;
        for (int seed : IntStream.range(FIRST, FIRST + PAIRS).toArray()) {
            Path old = directory.resolve(seed + "/old/librandom.so");
            Path replacement = directory.resolve(seed + "/new/librandom.so");
            Path container = directory.resolve(seed + ".so");
            List<String> before = answers(program, old);
            List<String> after = answers(program, replacement);
            PackReport report = BuildDiff.pack(old, replacement, container, Set.of());
            differ += before.equals(after) ? 0 : 1;
            if (report.isPackable()) {
                containers++;
                assertThat(updated(program, old, container, false)).as("seed " + seed).isEqualTo(after);
                assertThat(updated(program, old, container, true)).as("seed " + seed).isEqualTo(before);
            } else if (report.findings().stream().allMatch(finding -> finding.check() == Check.UNKNOWN)) {
                assertThat(after).as("seed " + seed + ", in which nothing is to have changed").isEqualTo(before);
            }
        }
        assertThat(differ).isGreaterThan(PAIRS / 2);
        assertThat(containers).isGreaterThan(PAIRS * 3 / 4);
    }
}
