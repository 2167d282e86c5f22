package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.x86.Decoder.Status;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DecoderTest {
    private static final CodeAddress START = new CodeAddress(0);

    private final Decoder decoder = new Decoder();

    @ParameterizedTest
    @CsvSource({"c3, RETURN", "e8 00 00 00 00, CALL", "eb fe, JUMP", "0f 84 00 00 00 00, CONDITIONAL", "67 e3 00, LOOP",
            "ff d0, INDIRECT_CALL", "3e ff e0, INDIRECT_JUMP", "0f 05, INTERRUPT", "0f 0b, HALT",
            "c7 f8 00 00 00 00, CONDITIONAL",
            "f3 0f 1e fa, SEQUENTIAL", "66 2e 0f 1f 84 00 00 00 00 00, SEQUENTIAL", "c8 00 01 02, SEQUENTIAL",
            "48 a1 88 77 66 55 44 33 22 11, SEQUENTIAL", "48 b8 88 77 66 55 44 33 22 11, SEQUENTIAL",
            "66 c7 00 34 12, SEQUENTIAL", "66 48 c7 00 78 56 34 12, SEQUENTIAL", "c5 f8 77, SEQUENTIAL",
            "62 f1 7c 48 10 05 00 00 00 00, SEQUENTIAL", "8f e9 78 12 c0, SEQUENTIAL", "0f 0f c1 9e, SEQUENTIAL",
            "c4 e2 7f cc e2, SEQUENTIAL",
            "66 66 2e 0f 1f 84 00 00 00 00 00, SEQUENTIAL"})
    void oneInstructionAndNothingElse(String hex, Flow flow) {
        byte[] code = bytes(hex);
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(code.length);
        assertThat(decoder.flow()).isEqualTo(flow);
        for (int length = 0; length < code.length; length++) {
            assertThat(decoder.decode(code, 0, length)).isZero();
            assertThat(decoder.status()).as("%d bytes of it", length).isEqualTo(Status.TRUNCATED);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"06", "d6", "ea 00 00 00 00 00 00", "f0 89 00", "f0 01 c0", "0f 04", "0f 0f c1 00", "8e c8",
            "48 c5 f8 77", "66 c5 f8 77", "c5 fc 6e c0", "62 f1 7c 68 10 00", "ff f8",
            "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 90", "66 66 66 66 66 66 66 66 66 66 66 66 66 66 66 66"})
    void noInstruction(String hex) {
        byte[] code = bytes(hex);
        assertThat(decoder.decode(code, 0, code.length)).isZero();
        assertThat(decoder.status()).isEqualTo(Status.INVALID);
        assertThat(decoder.length()).isZero();
    }

    @Test
    void theLongestInstructionHasFifteenBytes() {
        byte[] code = bytes("66 66 66 66 66 66 66 66 66 66 66 66 66 66 90");
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(15);
    }

    @Test
    void partsThatDependOnTheAddress() {
        byte[] code = bytes("c7 05 44 33 22 11 88 77 66 55");
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(10);
        assertThat(decoder.isRipRelative()).isTrue();
        assertThat(decoder.displacementOffset()).isEqualTo(2);
        assertThat(decoder.displacement()).isEqualTo(0x1122_3344);
        assertThat(decoder.immediateOffset()).isEqualTo(6);
        assertThat(decoder.immediateSize()).isEqualTo(4);
        byte[] branch = bytes("75 80");
        decoder.decode(branch, 0, 2);
        assertThat(decoder.branchDisplacement()).isEqualTo(-128);
        assertThat(decoder.readsFlags()).isTrue();
        assertThat(decoder.writesFlags()).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"66 e8 00 00 00 00, true", "66 48 e8 00 00 00 00, false", "66 70 00, true", "66 c3, true",
            "66 90, false",
            "e8 00 00 00 00, false", "66 ff d0, false"})
    void nearBranchesWithAnOperandSizeAreReadInTwoWays(String hex, boolean differently) {
        byte[] code = bytes(hex);
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(code.length);
        assertThat(decoder.isVendorDependent()).isEqualTo(differently);
    }

    @Test
    void whateverTheBytesTheAnswerStaysWithinThem() {
        Random random = new Random(1);
        byte[] code = new byte[1 << 20];
        random.nextBytes(code);
        int valid = 0;
        for (int at = 0; at < code.length; at++) {
            int to = Math.min(code.length, at + random.nextInt(20));
            int length = decoder.decode(code, at, to);
            assertThat(length).isBetween(0, Math.min(to - at, 15));
            valid += length > 0 ? 1 : 0;
        }
        assertThat(valid).isGreaterThan(code.length / 4);
    }

    @Test
    void bytesThatAreNotThereCannotBeAskedFor() {
        assertThatThrownBy(() -> decoder.decode(new byte[4], 2, 5)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    private static byte[] bytes(String hex) {
        return CodeBytes.at(START, hex).toByteArray();
    }
}
