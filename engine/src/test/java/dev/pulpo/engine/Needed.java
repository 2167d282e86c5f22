package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Assumptions;

/**
 * Independent tools that answers are compared with. A machine without them skips the comparison and says so; in CI, which
 * installs them, their absence is a failure.
 */
public final class Needed {
    private Needed() {}

    /** Skips the test unless these commands are on the PATH. */
    public static void commands(String... commands) {
        List<String> missing = Arrays.stream(commands).filter(command -> !isOnPath(command)).toList();
        nothingMissing(String.join(" ", missing));
    }

    /** Skips the test unless it runs as root, which only some machines let it. */
    static void root() {
        Assumptions.assumeTrue("root".equals(System.getProperty("user.name")), "only root can do this");
    }

    /** Skips the test unless this is empty. */
    public static void nothingMissing(String missing) {
        if (missing.isBlank()) {
            // Programs that run without JUnit come here, too.
            return;
        }
        if (System.getenv("CI") != null) {
            assertThat(missing).as("to be installed").isBlank();
        }
        Assumptions.abort("not installed here: " + missing.strip());
    }

    private static boolean isOnPath(String command) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, command)));
    }
}
