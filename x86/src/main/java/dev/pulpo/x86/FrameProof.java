package dev.pulpo.x86;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Proves from the instructions of a function where its return address is at each of them. For functions that keep a frame
 * pointer and have no call frame information.
 *
 * <pre>
 *     ENTRY      push %rbp        return address at (rsp), rbp is the caller's
 *     PUSHED     mov  %rsp,%rbp   return address at 8(rsp), the caller's rbp at (rsp)
 *     SET_UP     ...              return address at 8(rbp), the caller's rbp at (rbp)
 *     SET_UP     leave            the same
 *     ENTRY      ret              return address at (rsp), rbp is the caller's
 * </pre>
 *
 * <p>All paths through the function are followed from its first byte on. Called functions are assumed to preserve
 * {@code rsp} and {@code rbp} (psABI 3.2.1), as call frame information does; before the frame is set up, nothing is
 * proven for calls. Anything uncertain prevents the proof: an indirect jump, a call into the function itself, its own
 * code used as data, unreachable bytes, a store to the two words, or a return or a jump out of it before the frame is
 * removed. The user of a proof must make sure that nothing else jumps into the middle of the function.
 */
public final class FrameProof {
    private static final int UNVISITED = -1;
    private static final int UNKNOWN = 0;
    private static final int ENTRY = 1;
    private static final int PUSHED = 2;
    /** Set up, with rsp at an unknown depth below. */
    private static final int SET_UP = 3;
    /** Set up, with rsp below rbp: this number plus the depth in bytes. */
    private static final int AT_DEPTH = 4;
    private static final long DEEPEST = 1 << 28;
    private static final int SAVED = 16;

    private final byte[] code;
    private final int[] states;
    private final int[] lengths;
    private final Deque<Integer> open = new ArrayDeque<>();
    private final Decoder decoder = new Decoder();
    private @Nullable String objection;

    /** Where the return address is. */
    public enum Place {
        /** Unknown. */
        UNKNOWN,
        /** At {@code (%rsp)}; {@code rbp} is the caller's. */
        ENTRY,
        /** At {@code 8(%rsp)}; {@code rbp} is the caller's, and is at {@code (%rsp)}, too. */
        PUSHED,
        /** At {@code 8(%rbp)}; the caller's {@code rbp} is at {@code (%rbp)}. */
        SET_UP
    }

    /**
     * The state right before an instruction, and within it.
     *
     * @param offset the offset of the instruction from the beginning of the function
     * @param place  where the return address is
     */
    public record Point(int offset, Place place) {}

    /** The result of a proof. */
    public sealed interface Result {
        /** The points in ascending order of offsets; each applies up to the next. */
        record Proven(List<Point> points) implements Result {
            public Proven {
                points = List.copyOf(points);
            }
        }

        /** There is no proof; the reason says what the function does: {@code "it jumps …"}. */
        record Unproven(String reason) implements Result {}
    }

    private FrameProof(byte[] code) {
        this.code = code;
        states = new int[code.length];
        lengths = new int[code.length];
        Arrays.fill(states, UNVISITED);
    }

    /** Analyses a function from its first byte to its last. */
    public static Result of(byte[] function) {
        return new FrameProof(function.clone()).result();
    }

    private Result result() {
        go(0, ENTRY);
        while (objection == null && !open.isEmpty()) {
            follow(open.pop());
        }
        if (objection == null) {
            checkGaps();
        }
        if (objection == null && Arrays.stream(states).noneMatch(FrameProof::isSetUp)) {
            object("it keeps no frame pointer");
        }
        return objection == null ? new Result.Proven(points()) : new Result.Unproven(objection);
    }

    private void object(String reason) {
        if (objection == null) {
            objection = reason;
        }
    }

    private static boolean isSetUp(int state) {
        return state >= SET_UP;
    }

    /** Adds a path to an instruction. Its state is what holds on all paths. */
    private void go(int to, int state) {
        if (to >= code.length) {
            object("it runs past its end");
            return;
        }
        int before = states[to];
        int both = before == UNVISITED || before == state
                ? state
                : isSetUp(before) && isSetUp(state) ? SET_UP : UNKNOWN;
        if (both != before) {
            states[to] = both;
            open.push(to);
        }
    }

    private void follow(int at) {
        int length = decoder.decode(code, at, code.length);
        if (length == 0 || decoder.isVendorDependent()) {
            object("what stands at +" + at + " is no instruction that is known");
            return;
        }
        if (!isApart(at, length)) {
            object("its instructions at +" + at + " overlap");
            return;
        }
        lengths[at] = length;
        int after = after(at, length);
        int next = at + length;
        switch (decoder.flow()) {
            case SEQUENTIAL, INTERRUPT -> go(next, after);
            case CALL, INDIRECT_CALL -> call(next, after);
            case JUMP -> jump(at, next + decoder.branchDisplacement(), after);
            case CONDITIONAL, LOOP -> {
                jump(at, next + decoder.branchDisplacement(), after);
                go(next, after);
            }
            case INDIRECT_JUMP -> object("it jumps to an address that it computes, at +" + at);
            case RETURN -> {
                if (after != ENTRY && after != UNKNOWN) {
                    object("it returns with its frame standing, at +" + at);
                }
            }
            case HALT -> {
                // No path continues.
            }
        }
    }

    private void call(int next, int after) {
        if (decoder.flow() == Flow.CALL) {
            long target = next + decoder.branchDisplacement();
            if (target > 0 && target < code.length) {
                object("it calls its own middle, +" + target);
            }
        }
        // A call that never returns may be the last instruction.
        if (next < code.length) {
            go(next, isSetUp(after) ? after : UNKNOWN);
        }
    }

    private void jump(int at, long target, int after) {
        if (target >= 0 && target < code.length) {
            go((int) target, after);
        } else if (after != ENTRY && after != UNKNOWN) {
            object("it jumps elsewhere with its frame standing, at +" + at);
        }
    }

    /** Whether the instruction overlaps no other one. */
    private boolean isApart(int at, int length) {
        for (int i = at + 1; i < at + length; i++) {
            if (states[i] != UNVISITED) {
                return false;
            }
        }
        for (int i = Math.max(0, at - Decoder.MAX_LENGTH); i < at; i++) {
            if (i + lengths[i] > at) {
                return false;
            }
        }
        return true;
    }

    /** The state after the instruction, except for the jump of a branch. */
    private int after(int at, int length) {
        int state = states[at];
        byte[] instruction = Arrays.copyOfRange(code, at, at + length);
        if (decoder.isRipRelative() && !isElsewhere(at + length + decoder.displacement())) {
            object("it uses its own code as data, at +" + at);
        }
        if (decoder.flow() == Flow.CALL || decoder.flow() == Flow.INDIRECT_CALL || decoder.flow() == Flow.RETURN) {
            return touchesSaved(instruction, state) ? UNKNOWN : state;
        }
        return switch (state) {
            case UNKNOWN -> UNKNOWN;
            case ENTRY -> isPushOfFramePointer(length) ? PUSHED : unlessTouched(instruction, state);
            case PUSHED -> isMoveOfStackPointer(length) ? AT_DEPTH : unlessTouched(instruction, state);
            default -> withFrame(instruction, state);
        };
    }

    private boolean isElsewhere(long offset) {
        return offset < 0 || offset >= code.length;
    }

    private boolean isPushOfFramePointer(int length) {
        return length == 1 && decoder.opcodeMap() == OpcodeMap.ONE && decoder.opcode() == 0x55;
    }

    /** {@code mov %rsp,%rbp}, in both encodings. */
    private boolean isMoveOfStackPointer(int length) {
        return isMove(length, RegisterWrites.RSP, RegisterWrites.RBP);
    }

    private boolean isMove(int length, int from, int to) {
        if (length != 3 || decoder.opcodeMap() != OpcodeMap.ONE || !decoder.isWide() || decoder.modRm() < 0xc0) {
            return false;
        }
        return decoder.opcode() == 0x89 && decoder.register() == from && decoder.otherRegister() == to
                || decoder.opcode() == 0x8b && decoder.register() == to && decoder.otherRegister() == from;
    }

    /** As long as only rsp locates the return address, no instruction may use it. */
    private int unlessTouched(byte[] instruction, int state) {
        boolean named = decoder.modRm() >= 0 && decoder.mayUseStackPointer();
        return named || decoder.usesStack() || RegisterWrites.may(decoder, instruction, RegisterWrites.RSP)
                || RegisterWrites.may(decoder, instruction, RegisterWrites.RBP) ? UNKNOWN : state;
    }

    private int withFrame(byte[] instruction, int state) {
        if (touchesSaved(instruction, state)) {
            return UNKNOWN;
        }
        int opcode = decoder.opcodeMap() == OpcodeMap.ONE && !decoder.isApx() ? decoder.opcode() : -1;
        boolean plain = !decoder.hasLegacyPrefix();
        if (opcode == 0xc9 && plain) {
            return ENTRY;
        }
        if (opcode == 0x5d && plain && !decoder.extendsBase()) {
            return state == AT_DEPTH ? ENTRY : UNKNOWN;
        }
        if (RegisterWrites.may(decoder, instruction, RegisterWrites.RBP)) {
            return UNKNOWN;
        }
        if (isMove(instruction.length, RegisterWrites.RBP, RegisterWrites.RSP)) {
            return AT_DEPTH;
        }
        if (opcode == 0x8d && decoder.isWide() && decoder.register() == RegisterWrites.RSP
                && base(instruction) == RegisterWrites.RBP) {
            return atDepth(-decoder.displacement());
        }
        if (decoder.usesStack() || RegisterWrites.may(decoder, instruction, RegisterWrites.RSP)) {
            long moved = movedBy(opcode, plain);
            return moved == Long.MIN_VALUE || state == SET_UP ? SET_UP : atDepth(state - AT_DEPTH + moved);
        }
        return state;
    }

    /** How far an instruction moves rsp down; the least long if that is unknown. */
    private long movedBy(int opcode, boolean plain) {
        int extension = decoder.modRm() >> 3 & 7;
        boolean stackPointer = decoder.otherRegister() == RegisterWrites.RSP && decoder.isWide();
        return switch (opcode) {
            case 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x68, 0x6a, 0x9c -> plain ? 8 : Long.MIN_VALUE;
            case 0x58, 0x59, 0x5a, 0x5b, 0x5d, 0x5e, 0x5f, 0x9d -> plain ? -8 : Long.MIN_VALUE;
            case 0x5c -> plain && decoder.extendsBase() ? -8 : Long.MIN_VALUE;
            case 0xff -> plain && extension == 6 ? 8 : Long.MIN_VALUE;
            case 0x81, 0x83 -> !stackPointer || !plain
                    ? Long.MIN_VALUE
                    : extension == 5 ? decoder.immediate() : extension == 0 ? -decoder.immediate() : Long.MIN_VALUE;
            default -> Long.MIN_VALUE;
        };
    }

    /** The stack pointer must not be above rbp. */
    private static int atDepth(long depth) {
        return depth < 0 ? UNKNOWN : depth > DEEPEST ? SET_UP : AT_DEPTH + (int) depth;
    }

    /** The base register of a memory operand without index; else -1. */
    private int base(byte[] instruction) {
        int modRm = decoder.modRm();
        if (modRm < 0 || modRm >= 0xc0 || decoder.has32BitAddresses() || decoder.hasSegmentBase()) {
            return -1;
        }
        int base = modRm & 7;
        if (base == 4) {
            int sib = instruction[decoder.displacementOffset() - 1] & 0xff;
            if ((sib & 0x38) != 0x20) {
                return -1;
            }
            base = sib & 7;
        }
        boolean none = base == 5 && modRm < 0x40;
        return none || decoder.extendsBase() ? -1 : base;
    }

    /** Whether the instruction may write to the two words, or takes their address. */
    private boolean touchesSaved(byte[] instruction, int state) {
        if (!isSetUp(state) || isLoad()) {
            return false;
        }
        int base = base(instruction);
        long offset = decoder.displacement();
        if (base == RegisterWrites.RSP && state >= AT_DEPTH) {
            offset -= state - AT_DEPTH;
        } else if (base != RegisterWrites.RBP) {
            return false;
        }
        boolean touches = offset + width() > 0 && offset < SAVED;
        if (touches) {
            object("it may change what its frame holds");
        }
        return touches;
    }

    /** The largest possible size of the memory operand, in bytes. */
    private long width() {
        int opcode = decoder.opcode();
        int extension = decoder.modRm() >> 3 & 7;
        return switch (decoder.opcodeMap()) {
            // The x87 operands are the largest, except for its whole state.
            case ONE -> opcode >= 0xd8 && opcode <= 0xdf
                    ? extension == 6 || extension == 4 ? 108 : 10
                    : decoder.isWide() || opcode == 0x8f
                            ? 8
                            : opcode == 0x8c || decoder.hasLegacyPrefix() || (opcode & 1) != 0 ? 4 : 1;
            // fxsave, xsave, cmpxchg16b and xsavec may write many bytes.
            case X0F -> opcode == 0xae || opcode == 0xc7
                    ? Integer.MAX_VALUE
                    : opcode == 0x13 || opcode == 0x17 || opcode == 0xd6
                            ? 8
                            : opcode == 0x11 || opcode == 0x7e ? scalarWidth() : 16;
            case VEX_0F, VEX_38, VEX_3A -> 32;
            // A one-byte displacement is a multiple of the operand size (SDM volume 2, section 2.7.5).
            case EVEX_0F, EVEX_38, EVEX_3A, EVEX_5, EVEX_6 -> decoder.displacementSize() == 1 ? 1 : 64;
            case X38, X3A, EVEX_4, XOP_8, XOP_9, XOP_A -> 64;
        };
    }

    /** The width for {@code movss}, {@code movsd} and {@code movd}. */
    private long scalarWidth() {
        return decoder.opcode() == 0x7e || decoder.hasRepeatPrefix() ? 8 : 16;
    }

    /** Whether the memory operand, if there is one, is at most read. */
    private boolean isLoad() {
        int opcode = decoder.opcode();
        int extension = decoder.modRm() >> 3 & 7;
        return switch (decoder.opcodeMap()) {
            case ONE -> opcode < 0x38 && (opcode & 7) >= 2 || opcode >= 0x38 && opcode < 0x40
                    || opcode == 0x63 || opcode == 0x69 || opcode == 0x6b || opcode == 0x84 || opcode == 0x85
                    || opcode == 0x8a || opcode == 0x8b || (opcode == 0x80 || opcode == 0x81 || opcode == 0x83)
                            && extension == 7
                    || opcode == 0xff && (extension == 2 || extension == 6);
            // prefetches and nops; cmov imul movzx movsx
            case X0F -> opcode == 0x0d || opcode == 0x18 || opcode == 0x1f || opcode >= 0x40 && opcode <= 0x4f
                    || opcode == 0xaf || (opcode & 0xf6) == 0xb6;
            default -> false;
        };
    }

    /** Unreachable bytes must be padding: otherwise they might be reached by an unknown path. */
    private void checkGaps() {
        for (int at = 0; at < code.length;) {
            if (lengths[at] > 0) {
                at += lengths[at];
                continue;
            }
            int to = at;
            while (to < code.length && lengths[to] == 0) {
                to++;
            }
            byte[] gap = Arrays.copyOfRange(code, at, to);
            if (!isBreakpoints(gap) && !Nops.fill(CodeBytes.at(new CodeAddress(at), gap))) {
                object("nothing leads to +" + at);
            }
            at = to;
        }
    }

    private static boolean isBreakpoints(byte[] gap) {
        for (byte b : gap) {
            if (b != (byte) 0xcc) {
                return false;
            }
        }
        return true;
    }

    private List<Point> points() {
        List<Point> points = new ArrayList<>();
        for (int at = 0; at < code.length; at++) {
            if (lengths[at] > 0) {
                points.add(new Point(at, place(at)));
                int next = at + lengths[at];
                if (next < code.length && lengths[next] == 0) {
                    points.add(new Point(next, Place.UNKNOWN));
                }
            }
        }
        return points;
    }

    private Place place(int at) {
        decoder.decode(code, at, code.length);
        boolean calls = decoder.flow() == Flow.CALL || decoder.flow() == Flow.INDIRECT_CALL;
        int state = states[at];
        return isSetUp(state)
                ? Place.SET_UP
                : calls || state == UNKNOWN ? Place.UNKNOWN : state == ENTRY ? Place.ENTRY : Place.PUSHED;
    }
}
