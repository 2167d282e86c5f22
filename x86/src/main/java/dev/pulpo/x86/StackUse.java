package dev.pulpo.x86;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongFunction;

/**
 * What a function does with the stack of its caller: how many bytes of arguments it reads above its return address. Proven
 * from its instructions, for calling it from another frame with a copy of those bytes. Nothing is proven where a path of
 * control is not known, the stack pointer is not known on it, or an address above the frame gets into a register.
 */
public final class StackUse {
    /** What is found. */
    public sealed interface Result {
        /**
         * It reads its arguments, and nothing else of its caller's stack.
         *
         * @param bytes of arguments on the stack: a multiple of 8
         */
        record Proven(int bytes) implements Result {}

        /** Nothing is known. */
        record Unproven(String reason) implements Result {}

        /** It does what it cannot do from another frame. */
        record Bound(String reason) implements Result {}
    }

    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RETURN_ADDRESS = 8;
    /** How many functions may be behind each other by jumps at their ends. */
    private static final int DEEPEST = 4;

    private final LongFunction<Optional<FunctionFlow>> functions;
    private final Set<Long> seen = new HashSet<>();
    private final Decoder decoder = new Decoder();
    private int bytes;

    private StackUse(LongFunction<Optional<FunctionFlow>> functions) {
        this.functions = functions;
    }

    /**
     * Looks at a function, and at those to which it jumps at its end.
     *
     * @param functions the function that begins at an address
     */
    public static Result of(long start, LongFunction<Optional<FunctionFlow>> functions) {
        StackUse use = new StackUse(functions);
        Result result = use.look(start, 0);
        return result instanceof Result.Proven ? new Result.Proven(use.bytes) : result;
    }

    private static final Result FINE = new Result.Proven(0);

    private static Result unproven(String reason) {
        return new Result.Unproven(reason);
    }

    private Result look(long start, int deep) {
        if (!seen.add(start)) {
            return FINE;
        }
        Optional<FunctionFlow> found = functions.apply(start);
        if (found.isEmpty() || deep > DEEPEST || !found.get().isComplete() || found.get().count() == 0) {
            return unproven("not all of its code is known");
        }
        FunctionFlow flow = found.get();
        FrameFlow frames = new FrameFlow(flow);
        for (int i = 0; i < flow.count(); i++) {
            decoder.decode(flow.code(), flow.place(i), flow.code().length);
            Result result = frames.isReached(i) ? instruction(flow, frames, i, deep) : unreached(flow, i);
            if (!(result instanceof Result.Proven)) {
                return result;
            }
        }
        return FINE;
    }

    private Result unreached(FunctionFlow flow, int i) {
        return decoder.isNop() || flow.flow(i) == Flow.HALT || CodeScan.isTrap(flow.code(), flow.place(i))
                ? FINE
                : unproven("nothing seems to lead to some of its code");
    }

    private Result instruction(FunctionFlow flow, FrameFlow frames, int i, int deep) {
        int depth = frames.depthAt(i);
        boolean known = depth != FrameFlow.UNKNOWN && !frames.isAlignedAt(i);
        switch (flow.flow(i)) {
            case RETURN -> {
                return !known || depth != 0 || decoder.opcode() != 0xc3
                        ? unproven("it returns with the stack pointer elsewhere")
                        : FINE;
            }
            case JUMP, CONDITIONAL, LOOP -> {
                long target = flow.start() + flow.place(i) + decoder.length() + decoder.branchDisplacement();
                if (flow.index(target) < 0) {
                    return known && depth == 0 ? look(target, deep + 1) : unproven("a part of it lies elsewhere");
                }
                return FINE;
            }
            case INDIRECT_JUMP -> {
                if (flow.successors(i).length == 0 || !known || depth == 0) {
                    return unproven("it ends with a jump to code that is not known");
                }
            }
            case SEQUENTIAL, CALL, INDIRECT_CALL, INTERRUPT, HALT -> {
                // Its operand counts.
            }
        }
        Result moves = stackPointer(known, depth);
        return moves instanceof Result.Proven ? operand(flow, frames, i, known, depth) : moves;
    }

    /** Moves of the stack pointer itself. */
    private Result stackPointer(boolean known, int depth) {
        boolean plain = decoder.opcodeMap() == OpcodeMap.ONE && !decoder.isApx();
        int opcode = plain ? decoder.opcode() : -1;
        boolean pops = opcode >= 0x58 && opcode <= 0x5f || opcode == 0x8f || opcode == 0x9d;
        if (pops && known && depth <= 0) {
            return new Result.Bound("it takes its return address from the stack");
        }
        boolean stores = opcode == 0x89 && decoder.register() == RSP && decoder.otherRegister() < 0
                || opcode == 0x54 && !decoder.extendsBase();
        if (stores) {
            return new Result.Bound("it keeps its stack pointer in memory");
        }
        boolean copies = opcode == 0x89 && decoder.register() == RSP
                || opcode == 0x8b && decoder.otherRegister() == RSP;
        return copies && known && depth <= 0 ? unproven("it takes the address of its caller's stack") : FINE;
    }

    private Result operand(FunctionFlow flow, FrameFlow frames, int i, boolean known, int depth) {
        int modRm = decoder.modRm();
        if (modRm < 0 || modRm >= 0xc0 || decoder.isRipRelative() || decoder.isNop()) {
            return FINE;
        }
        int place = flow.place(i);
        boolean sib = (modRm & 7) == 4;
        int sibByte = sib ? flow.code()[place + sibOffset()] & 0xff : 0;
        int base = (sib ? sibByte & 7 : modRm & 7) | (decoder.extendsBase() ? 8 : 0);
        boolean indexed = sib && ((sibByte >> 3 & 7) != 4 || decoder.extendsIndex());
        if ((base & 7) == RBP && modRm < 0x40) {
            return FINE;
        }
        boolean onFrame = base == RBP && frames.frameAt(i) != FrameFlow.UNKNOWN;
        if (base == RBP && !onFrame && frames.setsFrame()) {
            return unproven("it uses its frame pointer where that is not known");
        }
        if (base != RSP && !onFrame) {
            return FINE;
        }
        boolean lea = decoder.opcodeMap() == OpcodeMap.ONE && decoder.isLea();
        if (lea && (decoder.register() == RSP || decoder.register() == RBP && decoder.displacement() == 0
                && base == RBP)) {
            return FINE;
        }
        if (indexed) {
            return unproven("it uses an index into its frame");
        }
        if (base == RSP && !known) {
            boolean below = depth != FrameFlow.UNKNOWN
                    && decoder.displacement() + decoder.readSize() <= depth - RETURN_ADDRESS;
            return below ? FINE : unproven("the distance of its stack pointer from the caller's is not known");
        }
        boolean scaled = decoder.displacementSize() == 1 && decoder.opcodeMap().name().startsWith("EVEX");
        if (scaled) {
            return unproven("it uses AVX-512 with its frame");
        }
        long from = decoder.displacement() - (base == RSP ? depth : frames.frameAt(i));
        if (lea) {
            return from < 0 && decoder.register() != RBP
                    ? FINE
                    : unproven("it takes the address of its caller's stack");
        }
        long to = from + Math.max(decoder.readSize(), decoder.opcodeMap() == OpcodeMap.ONE ? 1 : 16);
        if (from < RETURN_ADDRESS) {
            // What it reads may be shorter than is supposed, but it begins in its own frame.
            return from >= 0
                    ? new Result.Bound("it uses its return address, which tells it who calls")
                    : FINE;
        }
        if (!isRead()) {
            return unproven("it may change its caller's stack");
        }
        bytes = (int) Math.max(bytes, to - RETURN_ADDRESS + 7 & -8);
        return FINE;
    }

    /** Where in the instruction the SIB byte is. */
    private int sibOffset() {
        int end = decoder.displacementSize() > 0
                ? decoder.displacementOffset()
                : decoder.immediateSize() > 0 ? decoder.immediateOffset() : decoder.length();
        return end - 1;
    }

    /** Whether the memory operand is at most read: by the plainest instructions that do. */
    private boolean isRead() {
        int opcode = decoder.opcode();
        int extension = decoder.modRm() >> 3 & 7;
        int prefix = decoder.mandatory();
        return switch (decoder.opcodeMap()) {
            case ONE -> opcode < 0x40 && (opcode & 7) >= 2 && (opcode & 7) <= 3 || opcode >= 0x38 && opcode < 0x3c
                    || opcode == 0x63 || opcode == 0x69 || opcode == 0x6b || opcode == 0x84 || opcode == 0x85
                    || opcode == 0x8a || opcode == 0x8b
                    || (opcode == 0x80 || opcode == 0x81 || opcode == 0x83) && extension == 7
                    || (opcode == 0xf6 || opcode == 0xf7) && (extension == 0 || extension >= 4)
                    || opcode == 0xff && (extension == 2 || extension == 6)
                    || (opcode == 0xd9 || opcode == 0xdd) && extension == 0 || opcode == 0xdb && extension == 5;
            case X0F, VEX_0F -> opcode >= 0x40 && opcode <= 0x4f || opcode == 0xaf || (opcode & 0xf6) == 0xb6
                    || opcode == 0x10 || opcode == 0x12 || opcode == 0x16 || opcode == 0x28
                    || opcode >= 0x51 && opcode <= 0x6f || opcode == 0x7e && prefix == 2
                    || opcode == 0x2a || opcode >= 0x2c && opcode <= 0x2f || opcode >= 0xd1 && opcode != 0xd6
                            && opcode != 0xe7 && opcode != 0xf7;
            case VEX_38 -> opcode >= 0x96 && opcode <= 0xbf || opcode == 0x18 || opcode == 0x19 || opcode == 0x1a;
            default -> false;
        };
    }
}
