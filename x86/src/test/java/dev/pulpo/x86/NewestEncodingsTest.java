package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Encodings that the installed oracles do not know. {@code newest.txt} was made with LLVM 20.1.7, which was also asked about
 * 4.6 million encodings of VEX, EVEX and REX2 when they were added: wherever both saw an instruction they saw the same length,
 * but for operands at {@code (%r21)} and {@code (%r29)} with a SIB byte, which LLVM's assembler writes with a displacement and
 * its disassembler reads without one; here they are read as those of {@code (%rbp)} and {@code (%r13)} (Intel APX
 * specification, section 3.1.3). LLVM reads rows of REX2's maps that the specification (section 3.1.1) excludes.
 */
class NewestEncodingsTest {
    private final Decoder decoder = new Decoder();

    private static List<String> lines() throws IOException {
        try (InputStream in = Objects.requireNonNull(NewestEncodingsTest.class.getResourceAsStream("newest.txt"))) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines()
                    .filter(line -> !line.startsWith("#")).toList();
        }
    }

    @Test
    void lengthsAreThoseOfLlvm() throws IOException {
        List<String> different = new ArrayList<>();
        for (String line : lines()) {
            byte[] code = bytes(line.substring(0, line.indexOf(' ')));
            int length = decoder.decode(Arrays.copyOf(code, 20), 0, 20);
            boolean relative = decoder.isRipRelative();
            if (length != code.length || relative != line.contains("(%rip)")) {
                different.add(line + ": " + length);
            }
            for (int cut = 0; cut < code.length; cut++) {
                assertThat(decoder.decode(code, 0, cut)).isZero();
                assertThat(decoder.status()).as(line).isEqualTo(Decoder.Status.TRUNCATED);
            }
        }
        assertThat(lines()).hasSizeGreaterThan(1000);
        assertThat(different).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"d5 11 ff d0, INDIRECT_CALL", "d5 11 ff e0, INDIRECT_JUMP",
            "d5 00 a1 08 07 06 05 04 03 02 01, INDIRECT_JUMP",
            "d5 10 50, SEQUENTIAL", "66 d5 10 81 c0 34 12, SEQUENTIAL", "62 f4 7c 18 01 c0, SEQUENTIAL"})
    void whereControlGoes(String hex, Flow flow) {
        byte[] code = bytes(hex);
        assertThat(decoder.decode(code, 0, code.length)).isEqualTo(code.length);
        assertThat(decoder.flow()).isEqualTo(flow);
        assertThat(decoder.isApx()).isTrue();
    }

    /** Rows that REX2 excludes, a REX before it, XSAVE's family, and a jump to an absolute address with an operand size. */
    @ParameterizedTest
    @ValueSource(strings = {"d5 00 70 00", "d5 00 e8 00 00 00 00", "d5 80 80 00 00 00 00", "d5 80 30", "d5 00 0f 05",
            "48 d5 00 01 c0", "d5 80 ae 20", "d5 80 c7 18", "66 d5 00 a1 08 07 06 05 04 03 02 01",
            "d5 08 a1 08 07 06 05 04 03 02 01", "d5 00 66 90", "62 f4 7c 28 01 c0"})
    void noInstruction(String hex) {
        byte[] code = Arrays.copyOf(bytes(hex), 20);
        assertThat(decoder.decode(code, 0, code.length)).isZero();
        assertThat(decoder.status()).isEqualTo(Decoder.Status.INVALID);
    }

    /** The registers behind the sixteenth cannot hold an address where there are plain encodings only. */
    @Test
    void aRipRelativeOperandOfAnUpperRegisterIsNotMovedFarAway() {
        CodeAddress from = new CodeAddress(0x1000);
        CodeBytes code = CodeBytes.at(from, "d5 48 8d 05 00 10 00 00");
        assertThat(Relocator.move(code, from.plus(0x100))).isInstanceOf(Relocation.Moved.class);
        assertThat(Relocator.move(code, from.plus(1L << 40)))
                .isEqualTo(new Relocation.CannotMove(from, Relocation.Reason.OUT_OF_REACH));
    }

    private static byte[] bytes(String hex) {
        return CodeBytes.at(new CodeAddress(0), hex).toByteArray();
    }
}
