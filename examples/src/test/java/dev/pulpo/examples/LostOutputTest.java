package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What could not be written was not done, and scripts are told so. */
class LostOutputTest {
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"pulpo stub", "pulpo --help", "pulpo preflight -p 1 --json", "ulp --help",
            "ulp dump --usage"})
    void fullDiskIsAFailure(String command) throws Exception {
        Result result = Scripts.command("sh", "-c", command + " >/dev/full");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.errors()).contains(command.substring(0, command.indexOf(' '))
                + ": the output could not be written: No space left on device");
    }

    @Test
    void closedStreamIsAFailure() throws Exception {
        Result result = Scripts.command("sh", "-c", "ulp --version >&-");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.errors()).contains("the output could not be written: Bad file descriptor");
    }
}
