package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.ffm.SeccompFilter.Verdict;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;

/** Programs put together by hand: {@code code, jump if true, jump if false, k} (linux/filter.h, linux/seccomp.h). */
class SeccompFilterTest {
    private static final int LOAD = 0x20;
    private static final int EQUAL = 0x15;
    private static final int SET = 0x45;
    private static final int JUMP = 0x05;
    private static final int AND = 0x54;
    private static final int STORE = 0x02;
    private static final int LOAD_SCRATCH = 0x60;
    private static final int RETURN = 0x06;
    private static final int RETURN_A = 0x16;

    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int FIRST_ARGUMENT = 16;

    private static final int ALLOW = 0x7fff0000;
    private static final int ERRNO = 0x00050001;
    private static final int KILL = 0x80000000;
    private static final int TRAP = 0x00030000;
    private static final int NOTIFY = 0x7fc00000;

    private static SeccompFilter program(int... words) {
        ByteBuffer bytes = ByteBuffer.allocate(words.length / 4 * SeccompFilter.INSTRUCTION_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < words.length; i += 4) {
            bytes.putShort((short) words[i]).put((byte) words[i + 1]).put((byte) words[i + 2]).putInt(words[i + 3]);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(bytes.capacity(), 8);
            copy.copyFrom(MemorySegment.ofArray(bytes.array()));
            return SeccompFilter.of(copy);
        }
    }

    @Test
    void numberDecides() {
        SeccompFilter filter = program(LOAD, 0, 0, NUMBER, EQUAL, 0, 1, 257, RETURN, 0, 0, KILL, EQUAL, 0, 1, 9, RETURN,
                0, 0, ERRNO, RETURN, 0, 0, ALLOW);
        assertThat(filter.judge(257)).isEqualTo(Verdict.DEADLY);
        assertThat(filter.judge(9)).isEqualTo(Verdict.FAILS);
        assertThat(filter.judge(3)).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void listOfWhatIsAllowedKillsTheRest() {
        SeccompFilter filter = program(LOAD, 0, 0, ARCHITECTURE, EQUAL, 1, 0, 0xc000003e, RETURN, 0, 0, KILL, LOAD, 0,
                0, NUMBER, EQUAL, 1, 0, 0, EQUAL, 0, 1, 1, RETURN, 0, 0, ALLOW, RETURN, 0, 0, TRAP);
        assertThat(filter.judge(0)).isEqualTo(Verdict.ALLOWED);
        assertThat(filter.judge(1)).isEqualTo(Verdict.ALLOWED);
        assertThat(filter.judge(2)).isEqualTo(Verdict.DEADLY);
    }

    @Test
    void whereAnArgumentDecidesTheWorstCounts() {
        // mmap: kills where the first argument has bit 4 set. Others are not asked for their arguments.
        SeccompFilter filter = program(LOAD, 0, 0, NUMBER, EQUAL, 0, 4, 9, LOAD, 0, 0, FIRST_ARGUMENT, AND, 0, 0, 0xff,
                SET, 0, 1, 4, RETURN, 0, 0, KILL, RETURN, 0, 0, ALLOW);
        assertThat(filter.judge(9)).isEqualTo(Verdict.DEADLY);
        assertThat(filter.judge(10)).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void scratchMemoryAndJumpsAreFollowed() {
        SeccompFilter filter = program(LOAD, 0, 0, NUMBER, STORE, 0, 0, 3, LOAD, 0, 0, FIRST_ARGUMENT, JUMP, 0, 0, 1,
                RETURN, 0, 0, KILL, LOAD_SCRATCH, 0, 0, 3, EQUAL, 0, 1, 5, RETURN, 0, 0, NOTIFY, RETURN, 0, 0, ALLOW);
        assertThat(filter.judge(5)).isEqualTo(Verdict.DEADLY);
        assertThat(filter.judge(6)).isEqualTo(Verdict.ALLOWED);
    }

    @Test
    void whatCannotBeJudgedKills() {
        assertThat(program(LOAD, 0, 0, FIRST_ARGUMENT, RETURN_A, 0, 0, 0).judge(1)).isEqualTo(Verdict.DEADLY);
        assertThat(program(LOAD, 0, 0, NUMBER).judge(1)).isEqualTo(Verdict.DEADLY);
    }
}
