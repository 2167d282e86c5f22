package dev.pulpo.x86;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

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

    /** The code around a function. */
    public interface Code {
        /** The function, or the part of one that lies apart from the rest, that an address is in. */
        Optional<FunctionFlow> around(long address);

        /** The slot through which code at an address does nothing but jump. */
        OptionalLong slot(long address);

        /** The function whose address the loader puts into a slot, and nobody changes. */
        OptionalLong target(long slot);
    }

    private static final int RSP = 4;
    private static final int RBP = 5;
    private static final int RETURN_ADDRESS = 8;
    /** How many parts and functions are looked at for an answer. */
    private static final int MOST = 64;

    private final Code code;
    private final Map<Long, FrameFlow> parts = new LinkedHashMap<>();
    private final Deque<FrameFlow> changed = new ArrayDeque<>();
    private final Decoder decoder = new Decoder();
    private int bytes;

    private StackUse(Code code) {
        this.code = code;
    }

    /** Looks at a function, at its parts that lie elsewhere, and at functions to which it jumps at its end. */
    public static Result of(long start, Code code) {
        StackUse use = new StackUse(code);
        Result result = use.look(start);
        return result instanceof Result.Proven ? new Result.Proven(use.bytes) : result;
    }

    private static final Result FINE = new Result.Proven(0);
    private static final Result ELSEWHERE = unproven("not all of its code is known");

    private static Result unproven(String reason) {
        return new Result.Unproven(reason);
    }

    private Result look(long start) {
        Optional<FrameFlow> first = part(start).filter(found -> found.flow().start() == start);
        if (first.isEmpty()) {
            return ELSEWHERE;
        }
        first.get().enter(0);
        changed.add(first.get());
        while (!changed.isEmpty()) {
            FrameFlow part = changed.remove();
            for (int i = 0; i < part.flow().count(); i++) {
                Result result = part.isReached(i) ? leave(part, i) : FINE;
                if (!(result instanceof Result.Proven)) {
                    return result;
                }
            }
        }
        for (FrameFlow part : parts.values()) {
            FunctionFlow flow = part.flow();
            for (int i = 0; i < flow.count(); i++) {
                decoder.decode(flow.code(), flow.place(i), flow.code().length);
                Result result = part.isReached(i) ? instruction(part, i) : unreached(flow, i);
                if (!(result instanceof Result.Proven)) {
                    return result;
                }
            }
        }
        return FINE;
    }

    /** The piece of code around an address, if all of it is known. */
    private Optional<FrameFlow> part(long address) {
        return code.around(address).filter(flow -> flow.isComplete() && flow.hasInstruction(address))
                .filter(flow -> parts.size() < MOST || parts.containsKey(flow.start()))
                .map(flow -> parts.computeIfAbsent(flow.start(), start -> FrameFlow.part(flow)));
    }

    /** Follows a jump out of a part. */
    private Result leave(FrameFlow from, int i) {
        FunctionFlow flow = from.flow();
        decoder.decode(flow.code(), flow.place(i), flow.code().length);
        long next = flow.start() + flow.place(i) + decoder.length();
        OptionalLong target = switch (flow.flow(i)) {
            case JUMP, CONDITIONAL, LOOP -> OptionalLong.of(next + decoder.branchDisplacement());
            case INDIRECT_JUMP -> decoder.isRipRelative() && decoder.displacementSize() == Integer.BYTES
                    ? code.target(next + decoder.displacement())
                    : OptionalLong.empty();
            case SEQUENTIAL, CALL, INDIRECT_CALL, INTERRUPT, HALT, RETURN -> OptionalLong.empty();
        };
        if (target.isEmpty() || flow.index(target.getAsLong()) >= 0) {
            return FINE;
        }
        OptionalLong slot = code.slot(target.getAsLong());
        OptionalLong behind = slot.isPresent() ? code.target(slot.getAsLong()) : target;
        Optional<FrameFlow> to = behind.isEmpty() ? Optional.empty() : part(behind.getAsLong());
        if (to.isEmpty()) {
            return ELSEWHERE;
        }
        int index = to.get().flow().index(behind.getAsLong());
        boolean tail = index == 0 && from.depthAt(i) == 0 && !from.isAlignedAt(i)
                && from.frameAt(i) == FrameFlow.UNKNOWN;
        if (tail ? to.get().enter(index) : to.get().enter(index, from, i)) {
            changed.add(to.get());
        }
        return FINE;
    }

    private Result unreached(FunctionFlow flow, int i) {
        return decoder.isNop() || flow.flow(i) == Flow.HALT || CodeScan.isTrap(flow.code(), flow.place(i))
                ? FINE
                : unproven("nothing seems to lead to some of its code");
    }

    private Result instruction(FrameFlow frames, int i) {
        FunctionFlow flow = frames.flow();
        int depth = frames.depthAt(i);
        boolean known = depth != FrameFlow.UNKNOWN && !frames.isAlignedAt(i);
        switch (flow.flow(i)) {
            case RETURN -> {
                return !known || depth != 0 || decoder.opcode() != 0xc3
                        ? unproven("it returns with the stack pointer elsewhere")
                        : FINE;
            }
            case JUMP, CONDITIONAL, LOOP -> {
                // Where it leads has been looked at.
                return FINE;
            }
            case INDIRECT_JUMP -> {
                boolean followed = decoder.isRipRelative() && code.target(flow.start() + flow.place(i)
                        + decoder.length() + decoder.displacement()).isPresent();
                boolean inside = flow.successors(i).length > 0 && known && depth != 0;
                if (followed ? !known || depth != 0 : !inside) {
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
        if (base == RBP && !onFrame && frames.isFramedAt(i)) {
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
            return from < 0
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
