package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.pulpo.examples.Scripts.Result;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process whose names are all that names should not be: people see escapes, programs get the very bytes. */
@Tag("slow")
class OddNamesTest {
    /** The program's own file: UTF-8, and a byte that is none. */
    private static final String NAME = "$(printf '\\303\\251vil\\377')";

    @TempDir
    static Path directory;

    private static Process victim;
    private static String pid;

    @BeforeAll
    static void start() throws Exception {
        Path program = CrowdVictim.compiled(directory, "odd_names", "odd_names.c");
        String stub = Scripts.pulpo("stub").output().strip();
        victim = new ProcessBuilder("sh", "-c", "cp \"$0\" \"$1\"/" + NAME + " && LD_PRELOAD=\"$2\" exec \"$1\"/" + NAME
                + " \"$1\"", program.toString(), directory.toString(), stub).start();
        assertThat(victim.inputReader().readLine()).isEqualTo("ready");
        pid = Long.toString(victim.pid());
    }

    @AfterAll
    static void end() throws InterruptedException {
        victim.destroyForcibly().waitFor();
    }

    private static Result shell(String locale, String line) throws Exception {
        Result result = Scripts.command("env", "-u", "LANG", "LC_ALL=" + locale, "sh", "-c", line);
        assertThat(result.output() + result.errors()).doesNotContain("Exception")
                .doesNotContainPattern("(?m)^(process 1 |\\s*fake line)")
                .doesNotContainPattern("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u200e\\u200f\\u202a-\\u202e\\ufffd]");
        return result;
    }

    private static List<String> strings(String json) throws Exception {
        List<String> strings = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(json)) {
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.VALUE_STRING) {
                    strings.add(parser.getText());
                }
            }
        }
        return strings;
    }

    @Test
    void peopleSeeEscapes() throws Exception {
        String shown = "process " + pid + " (\\x1b[31mx\\x0a\\xe9\\u{202e})";
        assertThat(shell("C", "pulpo patches -p " + pid).output()).contains(shown,
                ": /tmp/\\x1b[2Jfix\\x0d\\x0aprocess 1 (init): no patches\\x0a\\xe9.so for lib\\x1b[7m.so");
        assertThat(shell("C", "pulpo messages -p " + pid).output())
                .isEqualTo("  2026 \\x1b[2Jmessage\\x0dspoof\\u{9b}31m\\u{202e}\\xff\n");
        assertThat(shell("C.UTF-8", "pulpo preflight -p " + pid).output()).contains(shown);
        assertThat(shell("C.UTF-8", "ulp patches -p " + pid).output()).startsWith("PID: " + pid + ", name: \\x1b[31mx");
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "C.UTF-8"})
    void programsFindItAndGetTheBytes(String locale) throws Exception {
        Result result = shell(locale, "pulpo patches --json -p " + NAME);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(strings(result.output())).contains("\u001b[31mx\n\udce9\u202e",
                "/tmp/\u001b[2Jfix\r\nprocess 1 (init): no patches\n\udce9.so", "f\u001b[1A\u001b[2Kn");
    }

    @Test
    void argumentsMayBeAnyBytes() throws Exception {
        assertThat(shell("C", "ulp patches -p $(printf '\\303\\251')'*'").output()).startsWith("PID: " + pid);
        assertThat(shell("C", "ulp dump \"" + directory + "\"/" + NAME).errors())
                .contains("Unable to extract metadata file from", "/\\u{e9}vil\\xff");
        Result mistake = shell("C", "pulpo patches -p '{a'");
        assertThat(mistake.status()).isEqualTo(2);
        assertThat(mistake.errors()).contains("a wildcard is not well-formed: expected a } for this {");
    }

    /** A program that is run sees the environment and the arguments that this one was given. */
    @Test
    void nothingIsLostOnTheWayToAProgram() throws Exception {
        Result result = Scripts.command("env", "LC_ALL=C", "sh", "-c",
                "ODD=" + NAME + " pulpo run -- sh -c 'printf %s \"$ODD$1\" | od -An -tx1' sh "
                        + NAME);
        assertThat(result.output().strip()).isEqualTo("c3 a9 76 69 6c ff c3 a9 76 69 6c ff");
    }
}
