package dev.pulpo.elf.cfi;

import static dev.pulpo.elf.cfi.FrameBytes.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.pulpo.elf.expression.DwarfRegisters;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class UnwinderTest {
    private static final long BIAS = 0x10000;
    private static final long STACK = 0x7000;

    private final Map<Long, Long> words = new HashMap<>();
    private final StackMemory memory = (address, size, into, index) -> {
        Long word = words.get(address);
        if (word == null) {
            return false;
        }
        into[index] = size == 8 ? word : word & ((1L << (8 * size)) - 1);
        return true;
    };

    private Unwinder unwinder(FrameBytes frames, long pc) {
        return started(new Unwinder(map(frames), memory), pc);
    }

    private static CfiMap map(FrameBytes frames) {
        CfiTable table = CfiTable.of(frames.asEhFrame());
        return CfiMap.of(List.of(new LoadedCfi(table, BIAS, BIAS + 0x1000, BIAS + 0x4000)));
    }

    private static Unwinder started(Unwinder unwinder, long pc) {
        long[] registers = new long[DwarfRegisters.COUNT];
        for (int i = 0; i < registers.length; i++) {
            registers[i] = 100L + i;
        }
        registers[DwarfRegisters.RSP] = STACK;
        registers[DwarfRegisters.RIP] = pc;
        unwinder.start(registers);
        return unwinder;
    }

    private static FrameBytes function(FrameBytes body) {
        return FrameBytes.ehFrame().function(0x1000, 0x10, body);
    }

    @Test
    void goesFromCalleeToCaller() {
        // The callee saved rbx; the caller calls in its last instruction, and another function follows it at once.
        FrameBytes frames = function(bytes(0x0e, 24, 0x83, 3)).function(0x2000, 0x10, bytes(0x0e, 16))
                .function(0x2010, 0x10, bytes(0x07, 16));
        words.put(STACK, 77L);
        words.put(STACK + 16, BIAS + 0x2010);
        words.put(STACK + 32, BIAS + 0x2018);
        Unwinder unwinder = unwinder(frames, BIAS + 0x1004);
        assertThat(unwinder.codeAddress()).isEqualTo(BIAS + 0x1004);
        assertThat(unwinder.isInterrupted()).isTrue();
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThatIllegalStateException().isThrownBy(unwinder::end);
        assertThat(unwinder.pc()).isEqualTo(BIAS + 0x2010);
        assertThat(unwinder.codeAddress()).isEqualTo(BIAS + 0x200f);
        assertThat(unwinder.returnAddressPlace()).isEqualTo(STACK + 16);
        assertThat(unwinder.leftFrameAddress()).isEqualTo(STACK + 24);
        assertThat(unwinder.stackPointer()).isEqualTo(STACK + 24);
        assertThat(unwinder.register(DwarfRegisters.RBX)).isEqualTo(77);
        assertThat(unwinder.register(DwarfRegisters.RBP)).isEqualTo(106);
        assertThat(unwinder.isKnown(DwarfRegisters.RAX)).isFalse();
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThat(unwinder.pc()).isEqualTo(BIAS + 0x2018);
        assertThat(unwinder.step()).isEqualTo(Step.OUTERMOST);
        assertThat(unwinder.end()).isEqualTo(new UnwindEnd.Outermost(BIAS + 0x2018));
    }

    @Test
    void anInterruptedFunctionGoesOnExactlyAtItsProgramCounter() {
        FrameBytes frames = FrameBytes.ehFrame("zRS", bytes(0x1b), bytes(0x0c, 7, 8, 0x90, 1))
                .function(0x1000, 0x10, bytes(0x08, 0));
        words.put(STACK, BIAS + 0x1000);
        Unwinder unwinder = unwinder(frames, BIAS + 0x1004);
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThat(unwinder.leftSignalFrame()).isTrue();
        assertThat(unwinder.codeAddress()).isEqualTo(BIAS + 0x1000);
        assertThat(unwinder.register(DwarfRegisters.RAX)).isEqualTo(100);
        assertThat(unwinder.isKnown(DwarfRegisters.RDX)).isFalse();
    }

    @Test
    void whoWasInterruptedAtAddressZeroHasACaller() {
        FrameBytes frames = FrameBytes.ehFrame("zRS", bytes(0x1b), bytes(0x0c, 7, 8, 0x90, 1))
                .function(0x1000, 0x10, bytes());
        words.put(STACK, 0L);
        Unwinder unwinder = unwinder(frames, BIAS + 0x1004);
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThat(unwinder.leftSignalFrame()).isTrue();
        assertThat(unwinder.step()).isEqualTo(Step.NO_CFI);
        assertThat(unwinder.end()).isEqualTo(new UnwindEnd.NoCfi(0));
    }

    /** The thrower may have replaced what it has saved by what belongs to another function. */
    @Test
    void whatAThrowerHasSavedIsNotBelieved() {
        FrameBytes frames = function(bytes(0x0e, 40, 0x80, 5, 0x81, 4, 0x86, 3))
                .function(0x2000, 0x10, bytes(0x0e, 16));
        CfiMap map = map(frames);
        words.put(STACK, 1L);
        words.put(STACK + 8, 2L);
        words.put(STACK + 16, 3L);
        words.put(STACK + 32, BIAS + 0x2008);
        words.put(STACK + 48, 0L);

        Unwinder strict = started(Unwinder.strict(map, memory), BIAS + 0x1004);
        assertThat(strict.step()).isEqualTo(Step.UNKNOWN_REGISTER);
        assertThat(strict.end()).isEqualTo(new UnwindEnd.UnknownRegister(BIAS + 0x1004, DwarfRegisters.RIP));
        assertThat(strict.pc()).isEqualTo(BIAS + 0x1004);

        Unwinder other = started(new Unwinder(map, memory), BIAS + 0x1004);
        assertThat(other.step()).isEqualTo(Step.CALLER);
        assertThat(other.pc()).isEqualTo(BIAS + 0x2008);
        assertThat(other.step()).as("zero is no proof of an end there").isEqualTo(Step.CALLER);
        assertThat(other.step()).isEqualTo(Step.NO_CFI);
        words.put(STACK + 8, 0L);
        assertThat(started(other, BIAS + 0x2000).step()).as("a new walk").isEqualTo(Step.OUTERMOST);
    }

    /** gcc's functions that align their stack, at their return: rbp is the caller's again, and said to be at (rbp). */
    @Test
    void whatIsSavedBesideAFramePointerThatIsGoneIsNotKnown() {
        FrameBytes frames = function(bytes(0x10, 6, 2, 0x76, 0));
        words.put(STACK, BIAS + 0x1004);
        words.put(106L, 77L);
        Unwinder unwinder = unwinder(frames, BIAS + 0x1000);
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThat(unwinder.isKnown(DwarfRegisters.RBP)).isFalse();

        // In its middle the frame address is found by an expression.
        FrameBytes middle = function(bytes(0x10, 6, 2, 0x76, 0, 0x0f, 2, 0x77, 8));
        Unwinder inside = unwinder(middle, BIAS + 0x1000);
        assertThat(inside.step()).isEqualTo(Step.CALLER);
        assertThat(inside.register(DwarfRegisters.RBP)).isEqualTo(77);
    }

    @Test
    void everyEndHasItsName() {
        Unwinder nowhere = unwinder(function(bytes()), 0x99);
        assertThat(nowhere.step()).isEqualTo(Step.NO_CFI);
        assertThat(nowhere.end()).isEqualTo(new UnwindEnd.NoCfi(0x99));

        Unwinder gap = unwinder(function(bytes()), BIAS + 0x1010);
        assertThat(gap.step()).isEqualTo(Step.NO_CFI);

        Unwinder unreadable = unwinder(function(bytes()), BIAS + 0x1000);
        assertThat(unreadable.step()).isEqualTo(Step.UNREADABLE);
        assertThat(unreadable.end()).isEqualTo(new UnwindEnd.Unreadable(BIAS + 0x1000, STACK));
        assertThat(unreadable.pc()).isEqualTo(BIAS + 0x1000);

        Unwinder broken = unwinder(function(bytes(0x3f)), BIAS + 0x1000);
        assertThat(broken.step()).isEqualTo(Step.MALFORMED);
        assertThat(((UnwindEnd.Malformed) broken.end()).defect()).isPresent();

        Unwinder noRule = unwinder(FrameBytes.ehFrame("zR", bytes(0x1b), bytes()).function(0x1000, 4, bytes()),
                BIAS + 0x1000);
        assertThat(noRule.step()).isEqualTo(Step.MALFORMED);
        assertThat(((UnwindEnd.Malformed) noRule.end()).defect()).isEmpty();

        Unwinder unmentioned = unwinder(FrameBytes.ehFrame("zR", bytes(0x1b), bytes(0x0c, 7, 8))
                .function(0x1000, 4, bytes()), BIAS + 0x1000);
        assertThat(unmentioned.step()).isEqualTo(Step.UNKNOWN_REGISTER);
        assertThat(unmentioned.end()).isEqualTo(new UnwindEnd.UnknownRegister(BIAS + 0x1000, DwarfRegisters.RIP));

        words.put(STACK, 0L);
        assertThat(unwinder(function(bytes()), BIAS + 0x1000).step()).isEqualTo(Step.OUTERMOST);
    }

    @Test
    void aFrameThatIsItsOwnCallerIsMalformed() {
        Unwinder unwinder = unwinder(function(bytes(0x13, 0, 0x08, 16)), BIAS + 0x1000);
        assertThat(unwinder.step()).isEqualTo(Step.MALFORMED);
    }

    @Test
    void theCallersScratchRegistersAreNotKnown() {
        // CFA by rdi in the outer function: only a frame that runs or was interrupted knows it.
        FrameBytes frames = function(bytes()).function(0x2000, 0x10, bytes(0x0c, 5, 0));
        words.put(STACK, BIAS + 0x2004);
        Unwinder unwinder = unwinder(frames, BIAS + 0x1000);
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        assertThat(unwinder.step()).isEqualTo(Step.UNKNOWN_REGISTER);
        assertThat(unwinder.end()).isEqualTo(new UnwindEnd.UnknownRegister(BIAS + 0x2004, 5));
        assertThat(unwinder.end().toString()).contains("rdi");
    }

    /** Evaluates an expression as the CFA's rule; its value arrives in the caller's stack pointer. */
    private long evaluate(FrameBytes expression) {
        FrameBytes frames = function(new FrameBytes().u8(0x0f).block(expression).u8(0x16, 16, 2, 0x08, 1));
        Unwinder unwinder = unwinder(frames, BIAS + 0x1000);
        assertThat(unwinder.step()).isEqualTo(Step.CALLER);
        return unwinder.stackPointer();
    }

    @Test
    void expressionsComputeWhatTheStandardSays() {
        words.put(0x5000L, 0x1122334455667788L);
        assertThat(evaluate(new FrameBytes().u8(0x03).u64(0x30))).isEqualTo(0x30 + BIAS);
        assertThat(evaluate(bytes(0x0b, 0, 0x50, 0x06))).isEqualTo(0x1122334455667788L);
        assertThat(evaluate(bytes(0x0a, 0, 0x50, 0x94, 4))).isEqualTo(0x55667788L);
        assertThat(evaluate(bytes(0x09, 0xff))).isEqualTo(-1);
        assertThat(evaluate(bytes(0x08, 0xff))).isEqualTo(255);
        assertThat(evaluate(new FrameBytes().u8(0x0c).u32(-1))).isEqualTo(0xffffffffL);
        assertThat(evaluate(new FrameBytes().u8(0x0d).u32(-1))).isEqualTo(-1);
        assertThat(evaluate(new FrameBytes().u8(0x0e).u64(-5))).isEqualTo(-5);
        assertThat(evaluate(new FrameBytes().u8(0x10).uleb(300))).isEqualTo(300);
        assertThat(evaluate(new FrameBytes().u8(0x11).sleb(-300))).isEqualTo(-300);
        assertThat(evaluate(bytes(0x31, 0x32, 0x12, 0x1e, 0x22))).isEqualTo(5);
        assertThat(evaluate(bytes(0x31, 0x32, 0x13))).isEqualTo(1);
        assertThat(evaluate(bytes(0x31, 0x32, 0x14, 0x1c))).isEqualTo(1);
        assertThat(evaluate(bytes(0x35, 0x36, 0x37, 0x15, 2))).isEqualTo(5);
        assertThat(evaluate(bytes(0x31, 0x33, 0x16, 0x1c))).isEqualTo(2);
        assertThat(evaluate(bytes(0x31, 0x32, 0x34, 0x17, 0x1c, 0x1e))).isEqualTo(-4);
        assertThat(evaluate(bytes(0x09, 0xf9, 0x19))).isEqualTo(7);
        assertThat(evaluate(bytes(0x3c, 0x3a, 0x1a))).isEqualTo(8);
        assertThat(evaluate(bytes(0x09, 0xf9, 0x32, 0x1b))).isEqualTo(-3);
        assertThat(evaluate(bytes(0x37, 0x33, 0x1d))).isEqualTo(1);
        assertThat(evaluate(bytes(0x37, 0x1f, 0x20))).isEqualTo(6);
        assertThat(evaluate(bytes(0x3c, 0x3a, 0x21))).isEqualTo(14);
        assertThat(evaluate(bytes(0x3c, 0x3a, 0x27))).isEqualTo(6);
        assertThat(evaluate(bytes(0x31, 0x23).uleb(1000))).isEqualTo(1001);
        assertThat(evaluate(bytes(0x31, 0x34, 0x24))).isEqualTo(16);
        assertThat(evaluate(bytes(0x09, 0x80, 0x08, 60, 0x25))).isEqualTo(15);
        assertThat(evaluate(bytes(0x09, 0x80, 0x32, 0x26))).isEqualTo(-32);
        assertThat(evaluate(bytes(0x31, 0x08, 64, 0x24))).isZero();
        assertThat(evaluate(bytes(0x31, 0x32, 0x29, 0x31, 0x31, 0x2a, 0x22, 0x31, 0x32, 0x2b, 0x22))).isEqualTo(1);
        assertThat(evaluate(bytes(0x31, 0x32, 0x2c, 0x31, 0x31, 0x2d, 0x22, 0x31, 0x32, 0x2e, 0x22))).isEqualTo(2);
        assertThat(evaluate(bytes(0x31, 0x28, 1, 0, 0x96, 0x39))).isEqualTo(9);
        assertThat(evaluate(bytes(0x39, 0x2f, 1, 0, 0x1f))).isEqualTo(9);
        assertThat(evaluate(bytes(0x76, 1))).isEqualTo(107);
        assertThat(evaluate(bytes(0x92, 3, 0x7f))).isEqualTo(102);
        // The linkage table's, with the fifth byte of a slot about to be executed: nothing was pushed yet.
        assertThat(evaluate(bytes(0x77, 8, 0x80, 0, 0x3f, 0x1a, 0x3b, 0x2a, 0x33, 0x24, 0x22))).isEqualTo(STACK + 8);
    }

    @Test
    void expressionsThatMakeNoSenseAreMalformed() {
        for (FrameBytes expression : new FrameBytes[]{bytes(), bytes(0x13), bytes(0x31, 0x30, 0x1b),
                bytes(0x2f, 0xfd, 0xff),
                bytes(0x31, 0x2f, 0xfc, 0xff), bytes(0x31, 0x22), bytes(0x31, 0x15, 1)}) {
            Unwinder unwinder = unwinder(function(new FrameBytes().u8(0x0f).block(expression)), BIAS + 0x1000);
            assertThat(unwinder.step()).isEqualTo(Step.MALFORMED);
        }
    }

    @Test
    void objectsMustNotOverlap() {
        CfiTable empty = CfiTable.of();
        assertThatIllegalArgumentException().isThrownBy(
                () -> CfiMap.of(List.of(new LoadedCfi(empty, 0, 0, 10), new LoadedCfi(empty, 0, 9, 20))));
        assertThatIllegalArgumentException().isThrownBy(() -> new LoadedCfi(empty, 0, 2, 1));
    }

    @Test
    void stepsAllocateNothing() {
        long[] word = new long[1];
        StackMemory endless = (address, size, into, index) -> {
            word[0] ^= 8;
            into[index] = BIAS + 0x1001 + word[0];
            return true;
        };
        CfiTable table = CfiTable.of(function(bytes(0x0f, 2, 0x77, 8, 0x83, 3)).asEhFrame());
        Unwinder unwinder = new Unwinder(
                CfiMap.of(List.of(new LoadedCfi(table, BIAS, BIAS + 0x1000, BIAS + 0x4000))), endless);
        long[] registers = new long[DwarfRegisters.COUNT];
        registers[DwarfRegisters.RIP] = BIAS + 0x1008;
        unwinder.start(registers);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long steps = 0;
        long before = 0;
        for (int i = 0; i < 100_000; i++) {
            if (i == 1000) {
                before = threads.getCurrentThreadAllocatedBytes();
            }
            steps += unwinder.step() == Step.CALLER ? 1 : 0;
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(steps).isEqualTo(100_000);
        // Asking for the number may itself allocate a little.
        assertThat(allocated).isLessThan(10_000);
    }
}
