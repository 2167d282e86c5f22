package dev.pulpo.examples.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class VisibleWriterTest {
    private static String written(Charset charset, String... pieces) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        PrintWriter writer = new PrintWriter(new VisibleWriter(out, charset));
        for (String piece : pieces) {
            writer.print(piece);
        }
        writer.flush();
        return out.toString(charset);
    }

    @Test
    void onlyOurOwnSequencesReachATerminal() {
        assertThat(written(StandardCharsets.UTF_8, Mark.RED.around("no") + "\tand\n"))
                .isEqualTo("\033[1;31mno\033[0m\tand\n");
        assertThat(written(StandardCharsets.UTF_8, "\033[1;31m\r\u009b\u202e\udc0a\ufdd0"))
                .isEqualTo("\\x1b[1;31m\\x0d\\u{9b}\\u{202e}\\x0a\\u{fdd0}");
    }

    @Test
    void whatTheEncodingLacksIsNotLost() {
        assertThat(written(StandardCharsets.US_ASCII, "é 🐙\n")).isEqualTo("\\u{e9} \\u{1f419}\n");
        assertThat(written(StandardCharsets.ISO_8859_1, "é 🐙\n")).isEqualTo("é \\u{1f419}\n");
        assertThat(written(StandardCharsets.UTF_8, "é 🐙\n")).isEqualTo("é 🐙\n");
    }

    @Test
    void charactersMayComeInHalves() {
        assertThat(written(StandardCharsets.UTF_8, "\ud83d", "\udc19", "\ud83d", "a", "\ud83d"))
                .isEqualTo("🐙\\u{d83d}a\\u{d83d}");
    }

    @Test
    void failureIsKept() {
        VisibleWriter full = new VisibleWriter(new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("no space");
            }
        }, StandardCharsets.UTF_8);
        PrintWriter writer = new PrintWriter(full);
        writer.println("x".repeat(100_000));
        assertThat(writer.checkError()).isTrue();
        assertThat(full.failure()).hasValueSatisfying(reason -> assertThat(reason).hasMessage("no space"));
    }
}
