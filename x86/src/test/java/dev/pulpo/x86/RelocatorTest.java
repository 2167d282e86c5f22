package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.Relocation.CannotMove;
import dev.pulpo.x86.Relocation.Moved;
import dev.pulpo.x86.Relocation.Reason;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RelocatorTest {
    private static final CodeAddress HERE = new CodeAddress(0x2000_0000_0000L);
    private static final CodeAddress NEAR = HERE.plus(0x1000);
    private static final CodeAddress FAR = new CodeAddress(0x3000_0000_0000L);

    @ParameterizedTest
    @CsvSource({"55 48 89 e5, 55 48 89 e5", "48 8d 05 00 20 00 00, 48 8d 05 00 10 00 00", "eb 10, e9 0d f0 ff ff",
            "74 10, 0f 84 0c f0 ff ff", "e3 10, e3 02 eb 05 e9 09 f0 ff ff", "e8 00 20 00 00, e8 00 10 00 00",
            "eb 00 90, e9 00 00 00 00 90", "75 fe, 0f 85 fa ff ff ff",
            "c7 05 00 20 00 00 01 02 03 04, c7 05 00 10 00 00 01 02 03 04"})
    void near(String original, String moved) {
        assertThat(move(original, NEAR)).isInstanceOfSatisfying(Moved.class,
                m -> assertThat(m.code()).isEqualTo(CodeBytes.at(NEAR, moved)));
    }

    @ParameterizedTest
    @CsvSource({"48 8d 05 f9 0f 00 00, 48 b8 00 10 00 00 00 20 00 00", "4c 8b 25 f9 0f 00 00, "
            + "49 bc 00 10 00 00 00 20 00 00 4d 8b 24 24",
            "8b 2d fa 0f 00 00, 48 bd 00 10 00 00 00 20 00 00 40 8b 6d 00",
            "e9 fb 0f 00 00, ff 25 00 00 00 00 00 10 00 00 00 20 00 00",
            "e8 fb 0f 00 00, ff 15 02 00 00 00 eb 08 00 10 00 00 00 20 00 00",
            "0f 84 fa 0f 00 00, 75 0e ff 25 00 00 00 00 00 10 00 00 00 20 00 00"})
    void far(String original, String moved) {
        assertThat(move(original, FAR)).isInstanceOfSatisfying(Moved.class,
                m -> assertThat(m.code()).isEqualTo(CodeBytes.at(FAR, moved)));
    }

    @ParameterizedTest
    @CsvSource({"90 06, 1, NO_INSTRUCTION", "90 e8 00 00, 1, CUT_OFF", "90 48 01 05 00 10 00 00, 1, OUT_OF_REACH",
            "67 8b 05 00 10 00 00, 0, EIP_RELATIVE", "48 8d 05 f9 ff ff ff, 0, OPERAND_MOVES",
            "90 eb 01 48 89 e5, 1, TARGET_INSIDE_INSTRUCTION", "90 e8 00 00 00 00, 1, CALLS_MOVED_CODE",
            "66 e8 00 10 00 00, 0, VENDOR_DEPENDENT", "48 8b 25 00 10 00 00, 0, OUT_OF_REACH",
            "64 48 8b 05 00 10 00 00, 0, OUT_OF_REACH", "c7 f8 00 10 00 00, 0, OUT_OF_REACH"})
    void notAtAll(String original, int at, Reason reason) {
        assertThat(move(original, FAR)).isEqualTo(new CannotMove(HERE.plus(at), reason));
    }

    private static Relocation move(String hex, CodeAddress to) {
        return Relocator.move(CodeBytes.at(HERE, hex), to);
    }
}
