package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FarJumpTest {
    private static final CodeAddress FROM = new CodeAddress(0x7f00_0000_1000L);

    @ParameterizedTest
    @CsvSource({"0x7fffffff, DIRECT", "0x80000000, ABSOLUTE", "-0x80000000, DIRECT", "-0x80000001, ABSOLUTE"})
    void theDirectFormReachesTwoGibibytesFromItsEnd(String distance, FarJump.Form form) {
        CodeAddress target = FROM.plus(5 + Long.decode(distance));
        assertThat(FarJump.between(FROM, target).form()).isEqualTo(form);
    }

    @Test
    void aDirectJumpIsItsDisplacement() {
        assertThat(FarJump.between(FROM, FROM.plus(0x1234_5678L + 5)).encode())
                .isEqualTo(CodeBytes.at(FROM, "e9 78 56 34 12"));
        assertThat(FarJump.between(FROM, FROM).encode()).isEqualTo(CodeBytes.at(FROM, "e9 fb ff ff ff"));
    }

    @Test
    void anAbsoluteJumpCarriesItsTarget() {
        assertThat(FarJump.between(FROM, new CodeAddress(0x5555_0102_0304_0506L)).encode())
                .isEqualTo(CodeBytes.at(FROM, "ff 25 00 00 00 00 06 05 04 03 02 01 55 55"));
    }

    @Test
    void aDirectJumpToWhereItDoesNotReachIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FarJump(FROM, new CodeAddress(0x1000), FarJump.Form.DIRECT))
                .withMessageContaining("0x7f0000001000");
    }

    @ParameterizedTest
    @ValueSource(longs = {0x7f00_0000_1000L, 0x7f00_0000_0000L, 0x1000, 0xffff_ffff_ff60_0000L})
    void whatIsWrittenIsRecognised(long target) {
        FarJump jump = FarJump.between(FROM, new CodeAddress(target));
        assertThat(FarJump.recognise(jump.encode(), FROM)).contains(jump);
        assertThat(FarJump.recognise(jump.encode(14), FROM)).contains(jump);
    }

    @ParameterizedTest
    @ValueSource(strings = {"e9 00 00 00", "ff 25 01 00 00 00 06 05 04 03 02 01 55 55",
            "ff 25 00 00 00 00 06 05 04 03 02 01 55",
            "ff 15 00 00 00 00 06 05 04 03 02 01 55 55", "90"})
    void otherBytesAreNoFarJump(String bytes) {
        assertThat(FarJump.recognise(CodeBytes.at(FROM, bytes), FROM)).isEmpty();
    }
}
