package dev.pulpo.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * A filter of seccomp(2): a program in classic BPF (linux/filter.h) that judges each system call by its number and the
 * values of its arguments. Here only the number is known. If an argument decides, both branches are followed, and the
 * worst result counts. Immutable.
 */
public final class SeccompFilter {
    /** The effect on a system call, the worst last. */
    public enum Verdict {
        /** It is executed. */
        ALLOWED,
        /** It returns an error, always or for some arguments. */
        FAILS,
        /** The process, or the thread, is killed, gets SIGSYS, or waits for a supervisor; always or for some arguments. */
        DEADLY
    }

    /** {@code struct sock_filter}: u16 code, u8 jump if true, u8 jump if false, u32 k. */
    static final int INSTRUCTION_BYTES = 8;

    /** {@code struct seccomp_data}: int nr, u32 arch, u64 instruction pointer, u64 arguments[6]. */
    private static final int NUMBER = 0;
    private static final int ARCHITECTURE = 4;
    private static final int DATA_BYTES = 64;
    private static final long AUDIT_ARCH_X86_64 = 0xc000003eL;

    private static final long UNKNOWN = -1;
    private static final long MASK = 0xffff_ffffL;
    private static final int SCRATCH = 16;
    /** A program that takes more steps counts as deadly. The largest in use take some thousand. */
    private static final int MOST_STEPS = 200_000;

    private record Instruction(int code, int jumpTrue, int jumpFalse, long k) {}

    /** The state of a run; values are 32 bits, or UNKNOWN. */
    private record State(int at, long a, long x, List<Long> scratch) {}

    private final List<Instruction> program;

    private SeccompFilter(List<Instruction> program) {
        this.program = program;
    }

    /** Decodes a program. */
    static SeccompFilter of(MemorySegment bytes) {
        return new SeccompFilter(IntStream.range(0, (int) (bytes.byteSize() / INSTRUCTION_BYTES))
                .mapToObj(i -> (long) i * INSTRUCTION_BYTES)
                .map(at -> new Instruction(bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, at) & 0xffff,
                        bytes.get(ValueLayout.JAVA_BYTE, at + 2) & 0xff,
                        bytes.get(ValueLayout.JAVA_BYTE, at + 3) & 0xff,
                        bytes.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4) & MASK))
                .toList());
    }

    /** The worst effect on a system call with this number. */
    public Verdict judge(int number) {
        Verdict worst = Verdict.ALLOWED;
        Deque<State> open = new ArrayDeque<>();
        Set<State> seen = new HashSet<>();
        open.push(new State(0, 0, 0, Collections.nCopies(SCRATCH, 0L)));
        while (!open.isEmpty() && worst != Verdict.DEADLY) {
            State state = open.pop();
            if (seen.size() > MOST_STEPS || state.at >= program.size()) {
                return Verdict.DEADLY;
            }
            if (seen.add(state)) {
                Verdict verdict = step(state, number, open);
                worst = verdict.compareTo(worst) > 0 ? verdict : worst;
            }
        }
        return worst;
    }

    /** Executes one instruction: adds the possible next states to {@code open}, or gives its result. */
    private Verdict step(State state, int number, Deque<State> open) {
        Instruction i = program.get(state.at);
        switch (i.code & 7) {
            case 0 -> open.push(next(state, load(i, state, number), state.x, state.scratch));
            case 1 -> open.push(next(state, state.a, load(i, state, number), state.scratch));
            case 2 -> open.push(next(state, state.a, state.x, stored(state, i, state.a)));
            case 3 -> open.push(next(state, state.a, state.x, stored(state, i, state.x)));
            case 4 -> open.push(next(state, calculate(i, state), state.x, state.scratch));
            case 5 -> jump(i, state, open);
            case 6 -> {
                return verdict((i.code & 0x18) == 0x10 ? state.a : i.k);
            }
            default -> open.push((i.code & 0x80) != 0
                    ? next(state, state.x, state.x, state.scratch)
                    : next(state, state.a, state.a, state.scratch));
        }
        return Verdict.ALLOWED;
    }

    private static State next(State state, long a, long x, List<Long> scratch) {
        return new State(state.at + 1, a, x, scratch);
    }

    private static long load(Instruction i, State state, int number) {
        return switch (i.code & 0xe0) {
            case 0x00 -> i.k;
            case 0x20 -> i.k == NUMBER ? number & MASK : i.k == ARCHITECTURE ? AUDIT_ARCH_X86_64 : UNKNOWN;
            case 0x60 -> i.k < SCRATCH ? state.scratch.get((int) i.k) : UNKNOWN;
            case 0x80 -> DATA_BYTES;
            default -> UNKNOWN;
        };
    }

    private static List<Long> stored(State state, Instruction i, long value) {
        List<Long> scratch = new java.util.ArrayList<>(state.scratch);
        if (i.k < SCRATCH) {
            scratch.set((int) i.k, value);
        }
        return List.copyOf(scratch);
    }

    private static long calculate(Instruction i, State state) {
        long operand = (i.code & 8) != 0 ? state.x : i.k;
        if (state.a == UNKNOWN || operand == UNKNOWN && (i.code & 0xf0) != 0x80) {
            return UNKNOWN;
        }
        long a = state.a;
        long result = switch (i.code & 0xf0) {
            case 0x00 -> a + operand;
            case 0x10 -> a - operand;
            case 0x20 -> a * operand;
            case 0x30 -> operand == 0 ? UNKNOWN : a / operand;
            case 0x40 -> a | operand;
            case 0x50 -> a & operand;
            case 0x60 -> operand > 31 ? UNKNOWN : a << operand;
            case 0x70 -> operand > 31 ? UNKNOWN : a >>> operand;
            case 0x80 -> -a;
            case 0x90 -> operand == 0 ? UNKNOWN : a % operand;
            case 0xa0 -> a ^ operand;
            default -> UNKNOWN;
        };
        return result == UNKNOWN ? UNKNOWN : result & MASK;
    }

    private static void jump(Instruction i, State state, Deque<State> open) {
        long operand = (i.code & 8) != 0 ? state.x : i.k;
        int kind = i.code & 0xf0;
        if (kind == 0) {
            open.push(at(state, state.at + 1 + i.k));
            return;
        }
        boolean known = state.a != UNKNOWN && operand != UNKNOWN;
        boolean holds = switch (kind) {
            case 0x10 -> state.a == operand;
            case 0x20 -> state.a > operand;
            case 0x30 -> state.a >= operand;
            default -> (state.a & operand) != 0;
        };
        if (!known || holds) {
            open.push(at(state, state.at + 1L + i.jumpTrue));
        }
        if (!known || !holds) {
            open.push(at(state, state.at + 1L + i.jumpFalse));
        }
    }

    private static State at(State state, long at) {
        return new State((int) Math.min(at, Integer.MAX_VALUE), state.a, state.x, state.scratch);
    }

    /** linux/seccomp.h, SECCOMP_RET_…: the action is in the upper half. */
    private static Verdict verdict(long returned) {
        return returned == UNKNOWN ? Verdict.DEADLY : switch ((int) (returned >>> 16)) {
            case 0x7fff, 0x7ffc -> Verdict.ALLOWED;
            case 0x0005, 0x7ff0 -> Verdict.FAILS;
            default -> Verdict.DEADLY;
        };
    }
}
