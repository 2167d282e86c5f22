package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Instructions that callers ask for or look for without knowing their bytes. */
class CodeTemplatesTest {
    private static final CodeAddress FROM = new CodeAddress(0x40_0000);

    private final Decoder decoder = new Decoder();

    @Test
    void aBranchTakesThePlaceOfAnInstruction() {
        assertThat(NearBranch.JUMP.encode(FROM, 7, FROM.plus(0x105)))
                .isEqualTo(CodeBytes.at(FROM, "e9 00 01 00 00 90 90"));
        assertThat(NearBranch.CALL.encode(FROM, 7, FROM.plus(0x107)))
                .isEqualTo(CodeBytes.at(FROM, "90 90 e8 00 01 00 00"));
        assertThatIllegalArgumentException().isThrownBy(() -> NearBranch.CALL.encode(FROM, 4, FROM));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> NearBranch.JUMP.encode(FROM, 5, new CodeAddress(-1L >>> 1)));
    }

    @Test
    void systemCallsAsLibrariesMakeThem() {
        assertThat(SystemCallCode.number(bytes("b8 ca 00 00 00 0f 05"))).hasValue(202);
        assertThat(SystemCallCode.number(bytes("b8 ca 00 00 00 0f 0b"))).isEmpty();
        assertThat(SystemCallCode.number(bytes("b8 ca 00 00 00 0f"))).isEmpty();
        assertThat(SystemCallCode.wide(15)).isEqualTo(bytes("48 c7 c0 0f 00 00 00 0f 05"));
        assertThat(SystemCallCode.callAndReturn()).isEqualTo(bytes("0f 05 c3"));
    }

    @Test
    void branchesAndAddressesAreFoundByTheirDistances() {
        byte[] code = bytes("e8 01 00 00 00 0f 85 ff ff ff ff 48 8d 3d 02 00 00 00");
        assertThat(CodeScan.branch(code, 1)).isZero();
        assertThat(CodeScan.target(code, 1)).isEqualTo(6);
        assertThat(CodeScan.branch(code, 7)).isEqualTo(5);
        assertThat(CodeScan.target(code, 7)).isEqualTo(10);
        assertThat(CodeScan.branch(code, 0)).isNegative();
        assertThat(CodeScan.branch(code, 6)).isNegative();
        assertThat(CodeScan.isLea(code, 14)).isTrue();
        assertThat(CodeScan.isLea(code, 13)).isFalse();
        assertThat(CodeScan.arePrefixes(bytes("f2 66 41 e9"), 0, 3)).isTrue();
        assertThat(CodeScan.arePrefixes(bytes("f2 66 41 e9"), 0, 4)).isFalse();
    }

    @Test
    void jumpsThroughSlots() {
        assertThat(SlotOperand.jumpToSlot().code()).isEqualTo(bytes("3e ff 25 00 00 00 00"));
        assertThat(SlotOperand.jumpToSlot().slotField()).isEqualTo(3);
        assertThat(SlotOperand.jumpThroughSlot().code()).isEqualTo(bytes("4c 8b 1d 00 00 00 00 41 ff 23"));
        assertThat(SlotOperand.jumpThroughSlot().slotField()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource({"90, true", "66 90, true", "0f 1f 00, true", "66 2e 0f 1f 84 00 00 00 00 00, true", "f3 90, false",
            "41 90, false", "87 c0, false", "f3 0f 1e fa, false"})
    void instructionsThatDoNothing(String hex, boolean nothing) {
        decode(hex);
        assertThat(decoder.isNop()).isEqualTo(nothing);
    }

    @Test
    void whatInstructionsAre() {
        decode("48 8d 05 00 00 00 00");
        assertThat(decoder.isLea()).isTrue();
        decode("48 8b 05 00 00 00 00");
        assertThat(decoder.isLea()).isFalse();
        decode("62 f2 7d 08 8d c0");
        assertThat(decoder.isLea()).as("vpermb").isFalse();
        decode("4c 39 d0");
        assertThat(decoder.compares(0)).isTrue();
        assertThat(decoder.compares(10)).isTrue();
        assertThat(decoder.compares(2)).isFalse();
        decode("ff 24 c5 00 00 40 00");
        assertThat(decoder.isFixedTable()).isTrue();
        decode("ff 24 c0");
        assertThat(decoder.isFixedTable()).isFalse();
    }

    @Test
    void shortAndLongBranchesAskTheSame() {
        decode("75 00");
        int shortOne = decoder.condition();
        decode("0f 85 00 00 00 00");
        assertThat(decoder.condition()).isEqualTo(shortOne);
        decode("0f 84 00 00 00 00");
        assertThat(decoder.condition()).isNotEqualTo(shortOne);
    }

    @ParameterizedTest
    @CsvSource({"f3 0f 10 05 00 00 00 00, 4", "f2 0f 10 05 00 00 00 00, 8", "0f 28 05 00 00 00 00, 16",
            "48 8b 05 00 00 00 00, 8", "c5 fc 28 05 00 00 00 00, 32"})
    void howMuchMayBeRead(String hex, int size) {
        decode(hex);
        assertThat(decoder.readSize()).isEqualTo(size);
    }

    private void decode(String hex) {
        byte[] code = bytes(hex);
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(code.length);
    }

    private static byte[] bytes(String hex) {
        return HexFormat.of().parseHex(hex.replace(" ", ""));
    }
}
