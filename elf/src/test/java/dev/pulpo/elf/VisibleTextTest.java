package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VisibleTextTest {
    @Test
    void dataCannotMoveTheCursor() {
        byte[] bytes = "\u001b[2J\r\nprocess 1\u0007\u009b31m".getBytes(StandardCharsets.UTF_8);
        assertThat(VisibleText.of(RawText.decode(bytes))).isEqualTo("\\x1b[2J\\x0d\\x0aprocess 1\\x07\\u{9b}31m");
        assertThat(VisibleText.of(RawText.decode(new byte[]{(byte) 0xe9, 0x7f}))).isEqualTo("\\xe9\\x7f");
        assertThat(VisibleText.of("a\nb\u001b")).isEqualTo("a\\x0ab\\x1b");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0xad, 0x34f, 0x61c, 0x115f, 0x180e, 0x200b, 0x200e, 0x200f,
            0x2028,
            0x2029, 0x202a, 0x202e, 0x2060, 0x2066, 0x2069, 0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xd800, 0xdc0a, 0xdce9,
            0xdf00,
            0x1d173, 0xe0001, 0xe0100, 0x10ffff})
    void whatIsNotSeenIsShown(int codePoint) {
        String shown = VisibleText.of("a" + Character.toString(codePoint) + "b");
        assertThat(shown).matches("a\\\\(x[0-9a-f]{2}|u\\{[0-9a-f]+})b");
    }

    @Test
    void wordsOfAllLanguagesStay() {
        for (String text : new String[]{"plain", "évil", "日本語", "Ελληνικά", "שלום", "العربية", "हिन्दी", "🐙",
                "e\u0301"}) {
            assertThat(VisibleText.of(text)).isEqualTo(text);
        }
    }

    @Test
    void jsonKeepsAllOfIt() {
        String text = "\"" + RawText.decode(new byte[]{'a', 0x1b, '\n', (byte) 0xe9}) + "é\u202e🐙\u009b\"";
        assertThat(JsonText.escaped(text, false))
                .isEqualTo("\"a\\u001b\\u000a\\udce9é\\u202e🐙\\u009b\"");
        assertThat(JsonText.escaped(text, true))
                .isEqualTo("\"a\\u001b\\u000a\\udce9\\u00e9\\u202e\\ud83d\\udc19\\u009b\"");
    }
}
