package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.FrameProof.Place;
import dev.pulpo.x86.FrameProof.Point;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is shown of functions that keep a frame pointer, and what is not. */
class FrameProofTest {
    private static final String PUSH = "55";
    private static final String MOVE = "4889e5";
    private static final String LEAVE = "c9";
    private static final String RET = "c3";
    private static final String CALL = "e800100000";

    private static FrameProof.Result proof(String... code) {
        return FrameProof.of(HexFormat.of().parseHex(String.join("", code).replace(" ", "")));
    }

    private static Point at(int offset, Place place) {
        return new Point(offset, place);
    }

    @Test
    void everyInstructionOfAFunctionWithAFrameIsKnown() {
        assertThat(proof("f30f1efa", PUSH, MOVE, "4883ec20", CALL, LEAVE, RET)).isEqualTo(
                new FrameProof.Result.Proven(java.util.List.of(at(0, Place.ENTRY), at(4, Place.ENTRY),
                        at(5, Place.PUSHED), at(8, Place.SET_UP), at(12, Place.SET_UP), at(17, Place.SET_UP),
                        at(18, Place.ENTRY))));
    }

    @Test
    void stackPointerIsFollowedToThePop() {
        // push %rbx; sub $8,%rsp; call; add $8,%rsp; pop %rbx; pop %rbp; ret
        assertThat(proof(PUSH, MOVE, "53", "4883ec08", CALL, "4883c408", "5b", "5d", RET))
                .isInstanceOfSatisfying(FrameProof.Result.Proven.class,
                        proven -> assertThat(proven.points()).endsWith(at(19, Place.SET_UP), at(20, Place.ENTRY)));
        // lea -8(%rbp),%rsp; pop %rbx; pop %rbp; ret behind an alignment that hides where rsp is
        assertThat(proof(PUSH, MOVE, "53", "4883e4c0", CALL, "488d65f8", "5b", "5d", RET))
                .isInstanceOf(FrameProof.Result.Proven.class);
        // mov %rbp,%rsp; pop %rbp
        assertThat(proof(PUSH, "488bec", "4883e4c0", CALL, "4889ec", "5d", RET))
                .isInstanceOf(FrameProof.Result.Proven.class);
    }

    /** The pop is of something else, or nobody knows of what: from there on nothing is known. */
    @ParameterizedTest
    @CsvSource({"53 5d c3", "4883e4c0 5d c3", "4883ec08 5d c3"})
    void popOfAnythingElseShowsNothing(String rest) {
        assertThat(proof(PUSH, MOVE, rest)).isInstanceOfSatisfying(FrameProof.Result.Proven.class,
                proven -> assertThat(proven.points()).last().extracting(Point::place).isEqualTo(Place.UNKNOWN));
    }

    /** From where rbp is changed on, on this way and where it meets others. */
    @ParameterizedTest
    @CsvSource({"mov, 31ed", "lea, 488d2c08", "xchg, 4887e8", "pop of an operand, 8fc5", "movzx, 0fb6e9",
            "imul, 480fafe8", "cmov, 480f44e8", "sete, 400f94c5", "bswap, 480fcd", "mov imm, bd01000000",
            "add, 4801c5", "inc, 48ffc5", "neg, 48f7dd", "movd, 660f7ec5", "pmovmskb, 660fd7e8", "cvttsd2si, f20f2ce8",
            "rorx, c4e37bf0e805", "andn, c4e278f2e8", "blsi, c4e2d0f3d8", "crc32, f20f38f1e8", "pextrb, 660f3a14c501",
            "xadd, 0fc1c5", "cmpxchg, 0fb1c5", "enter, c8000000", "rdrand, 0fc7f5", "rdsspq, f3480f1ecd"})
    void changedFramePointerIsNoMoreUsed(String name, String instruction) {
        assertThat(proof(PUSH, MOVE, instruction.strip(), CALL, LEAVE, RET)).as(name)
                .isInstanceOfSatisfying(FrameProof.Result.Proven.class, proven -> {
                    assertThat(proven.points().get(2).place()).isEqualTo(Place.SET_UP);
                    assertThat(proven.points().subList(3, 6)).extracting(Point::place).containsOnly(Place.UNKNOWN);
                });
    }

    /** Also instructions that name vector registers of its number, or an opcode's extension. */
    @ParameterizedTest
    @CsvSource({"mov to memory, 48896d f8", "cmp, 4839e8", "test, 4885ed", "push, 55", "sub 8 from rax, 4883e808",
            "movaps, 0f28e8", "vpxor, c5d1efed", "pextrd of another, 660f3a16c801", "prefetch, 0f184d00",
            "shr, 48c1e805", "jmp on, eb00", "je on, 7400", "nop, 0f1f4500", "bt, 480fa3e8", "div, 48f7f5",
            "call through it, ffd5", "store of a local, c745fc00000000", "of a vector, 0f1145f0",
            "of a double, f20f1145f8", "of a large one, 62f1fe487f45ff", "cmpps of xmm5, 0fc2e801", "pause, f390"})
    void unchangedFramePointerIsUsedOn(String name, String instruction) {
        assertThat(proof(PUSH, MOVE, instruction.strip(), CALL, LEAVE, RET)).as(name)
                .isInstanceOfSatisfying(FrameProof.Result.Proven.class, proven -> {
                    int all = proven.points().size();
                    assertThat(proven.points().subList(2, all - 1)).extracting(Point::place).containsOnly(Place.SET_UP);
                    assertThat(proven.points().getLast().place()).isEqualTo(Place.ENTRY);
                });
    }

    /** No proof at all: these leave open how control goes, or what the saved words are. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"5548 89e5 ffe0 | it jumps to an address that it computes, at +4",
            "31c0 c3 | it keeps no frame pointer", "4883ec48 e800100000 4883c448 c3 | it keeps no frame pointer",
            "55 4889e5 e8fcffffff c9 c3 | it calls its own middle, +5",
            "55 4889e5 c3 | it returns with its frame standing, at +4",
            "55 c3 | it returns with its frame standing, at +1",
            "55 4889e5 e900100000 | it jumps elsewhere with its frame standing, at +4",
            "55 4889e5 c9 | it runs past its end",
            "55 4889e5 48c7450800000000 c9 c3 | it may change what its frame holds",
            "55 4889e5 488d4508 c9 c3 | it may change what its frame holds",
            "55 4889e5 4883ec10 4889442418 c9 c3 | it may change what its frame holds",
            "55 4889e5 0f11450c c9 c3 | it may change what its frame holds",
            "55 4889e5 660f1145f8 c9 c3 | it may change what its frame holds",
            "55 4889e5 8f45fc c9 c3 | it may change what its frame holds",
            "55 4889e5 0f1145f8 c9 c3 | it may change what its frame holds",
            "55 4889e5 0fae45c0 c9 c3 | it may change what its frame holds",
            "55 4889e5 62f1fe487f4500 c9 c3 | it may change what its frame holds",
            "55 4889e5 c745fd00000000 c9 c3 | it may change what its frame holds",
            "55 4889e5 c9 c3 31c0 c3 | nothing leads to +6",
            "55 4889e5 488d05f8ffffff c9 c3 | it uses its own code as data, at +4",
            "55 4889e5 7401 b8c9c39090 c9 c3 | its instructions at",
            "55 4889e5 06 c9 c3 | what stands at +4 is no instruction that is known"})
    void whatLeavesAnythingOpenIsNotShown(String code, String reason) {
        assertThat(proof(code)).isInstanceOfSatisfying(FrameProof.Result.Unproven.class,
                unproven -> assertThat(unproven.reason()).startsWith(reason));
    }

    @Test
    void waysThatMeetAgreeOrNothingIsKnown() {
        // test %eax,%eax; je over push and mov: at the end of both the frame may stand or not
        assertThat(proof("85c0", "7405", PUSH, MOVE, "90", "90", "eb00", "f4")).isInstanceOfSatisfying(
                FrameProof.Result.Proven.class, proven -> assertThat(proven.points()).contains(at(5, Place.PUSHED),
                        at(8, Place.SET_UP), at(9, Place.UNKNOWN), at(12, Place.UNKNOWN)));
        // A branch around the whole frame is none of its business.
        assertThat(proof("85c0", "7406", PUSH, MOVE, LEAVE, RET, RET)).isInstanceOfSatisfying(
                FrameProof.Result.Proven.class,
                proven -> assertThat(proven.points()).contains(at(8, Place.SET_UP), at(10, Place.ENTRY)));
    }

    @Test
    void callsBeforeTheFrameStandsAreNotFollowed() {
        assertThat(proof(CALL, PUSH, MOVE, LEAVE, RET)).isEqualTo(
                new FrameProof.Result.Unproven("it keeps no frame pointer"));
        assertThat(proof(PUSH, CALL, MOVE, LEAVE, RET)).isInstanceOf(FrameProof.Result.Unproven.class);
    }

    @Test
    void callThatDoesNotReturnMayBeTheLast() {
        assertThat(proof(PUSH, MOVE, CALL)).isInstanceOf(FrameProof.Result.Proven.class);
    }

    @ParameterizedTest
    @CsvSource({"909090e800100000, true", "909090909090ffd0, true", "9090909041ff5008, true", "90ff949811223344, true",
            "41ff949811223344, true", "9090ff1511223344, true", "9090909090ff1424, true", "9090909090909090, false",
            "90909090ff242590, false", "909090e900100000, false", "0000000000000000, false"})
    void placesBehindCallsAreTold(String before, boolean behind) {
        byte[] bytes = HexFormat.of().parseHex(before);
        long word = java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
        assertThat(new CallSites().isBehindCall(word)).isEqualTo(behind);
    }
}
