package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RawTextTest {
    private static final int ROUNDS = 5_000;

    @TempDir
    Path directory;

    private static byte[] bytes(int... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) values[i];
        }
        return bytes;
    }

    /** Any bytes, pieces of UTF-8 more often than chance has them. */
    private static byte[] random(Random random) {
        ByteBuffer bytes = ByteBuffer.allocate(64);
        for (int pieces = random.nextInt(6); pieces > 0; pieces--) {
            switch (random.nextInt(4)) {
                case 0 -> bytes.put((byte) random.nextInt());
                case 1 -> bytes.put("plain".getBytes(StandardCharsets.UTF_8));
                case 2 -> bytes.put(Character.toString(0x80 + random.nextInt(0xd700)).getBytes(StandardCharsets.UTF_8));
                default -> {
                    byte[] whole = Character.toString(0x10000 + random.nextInt(0x100000))
                            .getBytes(StandardCharsets.UTF_8);
                    bytes.put(whole, 0, 1 + random.nextInt(whole.length));
                }
            }
        }
        byte[] all = new byte[bytes.position()];
        bytes.get(0, all);
        return all;
    }

    @Test
    void noByteIsLost() {
        Random random = new Random(1);
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = random(random);
            assertKept(bytes);
        }
        for (int value = 0; value < 0x10000; value++) {
            byte[] two = bytes(value >> 8, value);
            assertKept(two);
        }
    }

    private static void assertKept(byte[] bytes) {
        // AssertJ takes its time, and there are many of them.
        if (!Arrays.equals(RawText.encode(RawText.decode(bytes)), bytes)
                || !Arrays.equals(RawText.encode(RawText.decodeLines(bytes)), bytes)) {
            fail("lost something of " + Arrays.toString(bytes));
        }
    }

    @Test
    void utf8IsWhatItSays() throws CharacterCodingException {
        Random random = new Random(2);
        int valid = 0;
        for (int i = 0; i < ROUNDS; i++) {
            byte[] bytes = random(random);
            String text = RawText.decode(bytes);
            assertThat(text.chars().anyMatch(c -> c < ' ' || c == 0x7f)).isFalse();
            boolean escapes = text.codePoints().anyMatch(RawText::isByte);
            try {
                String strict = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
                assertThat(text).isEqualTo(RawText.asData(strict));
                valid++;
            } catch (CharacterCodingException invalid) {
                assertThat(escapes).isTrue();
            }
        }
        assertThat(valid).isBetween(ROUNDS / 10, ROUNDS * 9 / 10);
    }

    @Test
    void bytesThatAreNoTextBecomeSurrogates() {
        assertThat(RawText.decode(bytes('a', '\n', 0x1b, 0x7f, 0, 0xe9, 'b')))
                .isEqualTo("a\udc0a\udc1b\udc7f\udc00\udce9b");
        assertThat(RawText.decode("é\u202e".getBytes(StandardCharsets.UTF_8))).isEqualTo("é\u202e");
        // Overlong, a surrogate, and beyond U+10FFFF.
        assertThat(RawText.decode(bytes(0xc0, 0xaf, 0xed, 0xb0, 0x8a, 0xf4, 0x90, 0x80, 0x80)))
                .isEqualTo("\udcc0\udcaf\udced\udcb0\udc8a\udcf4\udc90\udc80\udc80");
        assertThat(RawText.decodeLines(bytes('a', '\n', '\r', '\n'))).isEqualTo("a\n\udc0d\n");
        assertThat(RawText.decode(bytes('x', 'a', '\t', 'x'), 1, 2)).isEqualTo("a\udc09");
        assertThat(RawText.asData("a\nb\u001b")).isEqualTo("a\udc0ab\udc1b");
    }

    @Test
    void pathsHoldTheSameBytes() throws Exception {
        Random random = new Random(3);
        for (int i = 0; i < ROUNDS / 10; i++) {
            String name = RawText.decode(random(random)).replace("\udc00", "").replace("/", "");
            assertThat(RawText.of(RawText.path(name))).isEqualTo(name);
            assertThat(RawText.of(RawText.path("/a/" + name))).isEqualTo(name.isEmpty() ? "/a" : "/a/" + name);
            assertThat(RawText.of(RawText.path("../" + name + "//b")))
                    .isEqualTo(name.isEmpty() ? "../b" : "../" + name + "/b");
        }
        Path odd = RawText.path(directory + "/" + RawText.decode(bytes(0xe9, '\n', '%', ' ', 0x1b)));
        Files.createFile(odd);
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(odd);
        }
        assertThatThrownBy(() -> RawText.path("a\udc00")).isInstanceOf(InvalidPathException.class);
    }
}
