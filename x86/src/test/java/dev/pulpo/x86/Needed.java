package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Assumptions;

/**
 * Independent tools that answers are compared with. A machine without them skips the comparison and says so; in CI, which
 * installs them, their absence is a failure.
 */
final class Needed {
    private Needed() {}

    /** Skips the test unless this is empty. */
    static void nothingMissing(String missing) {
        if (System.getenv("CI") != null) {
            assertThat(missing).as("to be installed").isBlank();
        }
        Assumptions.assumeTrue(missing.isBlank(), "not installed here: " + missing.strip());
    }
}
