package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ThreadGateTest {
    private static final CodeAddress GATE = new CodeAddress(0x2000_0000_0040L);
    private static final CodeAddress MODE = GATE.plus(-0x40);
    /** In the room that the C library keeps for objects that come late; the victim loads none. */
    private static final int WORD = -0x400;
    private static final int STAYS_OLD = 0x7654_3210;
    private static final int STAYS_NEW = 0x7654_3211;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"0x200010000000, 0x200020000000", "0x300000000000, 0x200020000000", "0x200010000000, 0x400000000000",
            "0x300000000000, 0x400000000000"})
    void leadsWhereModeAndWordSay(long oldAddress, long replacementAddress) throws Exception {
        CodeAddress old = new CodeAddress(oldAddress);
        CodeAddress replacement = new CodeAddress(replacementAddress);
        CodeAddress setter = GATE.plus(0x100);
        CodeBytes gate = new ThreadGate(GATE, MODE, WORD, STAYS_OLD, STAYS_NEW, old, replacement).encode();
        assertThat(gate.length()).isLessThanOrEqualTo(ThreadGate.MAX);
        try (Victim victim = new Victim(directory)) {
            victim.map(MODE, 0x1000);
            victim.map(old, 0x1000);
            victim.map(replacement, 0x1000);
            victim.write(Victim.assemble(directory, old, "endbr64; mov $0x11, %eax; ret"));
            victim.write(Victim.assemble(directory, replacement, "endbr64; mov $0x22, %eax; ret"));
            victim.write(Victim.assemble(directory, setter, "movl %edi, %fs:" + WORD + "; ret"));
            victim.write(gate);
            for (int word : new int[]{0, 1, STAYS_OLD, STAYS_NEW, STAYS_NEW + 1}) {
                victim.run(setter, word, 0, 0, 0);
                victim.write(CodeBytes.at(MODE, ThreadGate.TO_NEW));
                assertThat(victim.run(GATE, 1, 2, 3, 4)).as("to new, %x", word)
                        .startsWith(word == STAYS_OLD ? "11 " : "22 ");
                victim.write(CodeBytes.at(MODE, ThreadGate.TO_OLD));
                assertThat(victim.run(GATE, 1, 2, 3, 4)).as("to old, %x", word)
                        .startsWith(word == STAYS_NEW ? "22 " : "11 ");
            }
        }
    }

    @Test
    void theModeHasToBeNear() {
        assertThatIllegalArgumentException().isThrownBy(
                () -> new ThreadGate(GATE, GATE.plus(1L << 33), WORD, STAYS_OLD, STAYS_NEW, GATE, GATE))
                .withMessageContaining(GATE.toString());
    }
}
