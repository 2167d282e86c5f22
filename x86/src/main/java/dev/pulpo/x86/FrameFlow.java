package dev.pulpo.x86;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Follows the stack pointer through a function, and registers that the function saves and restores. The frame is known by
 * its distance from where the stack pointer was at the entry.
 */
public final class FrameFlow {
    private static final int RSP = 4;
    private static final int RBP = 5;
    /** The position of the stack pointer is not known. */
    static final int UNKNOWN = Integer.MIN_VALUE;

    /** What holds before an instruction, on all paths. */
    private static final class State {
        /** How far rsp is below its place at the entry, or below an aligned address after it was aligned. */
        int depth;
        /** Whether the function has aligned the stack pointer itself. */
        boolean aligned;
        /** The depth that rbp points to, in terms of the entry; unknown if it does not. */
        int frame = UNKNOWN;
        /** Whether rbp has been made a frame pointer on some path. */
        boolean framed;
        /** Registers that hold what they held at the entry. */
        RegisterSet intact = new RegisterSet(-1, -1);
        /** Depths at which the entry's content of a register is saved. */
        final Map<Integer, RegisterSet> saved = new HashMap<>();

        State copy() {
            State copy = new State();
            copy.depth = depth;
            copy.aligned = aligned;
            copy.frame = frame;
            copy.framed = framed;
            copy.intact = intact;
            copy.saved.putAll(saved);
            return copy;
        }

        /** Whether this has changed by what another path brings. */
        boolean join(State other) {
            int depthBefore = depth;
            int frameBefore = frame;
            boolean framedBefore = framed;
            RegisterSet before = intact;
            int count = saved.size();
            depth = depth == other.depth && aligned == other.aligned ? depth : UNKNOWN;
            frame = frame == other.frame ? frame : UNKNOWN;
            framed |= other.framed;
            intact = intact.and(other.intact);
            saved.entrySet().removeIf(entry -> !entry.getValue().equals(other.saved.get(entry.getKey())));
            return depth != depthBefore || frame != frameBefore || framed != framedBefore || !intact.equals(before)
                    || count != saved.size();
        }
    }

    private final FunctionFlow flow;
    private final byte[] code;
    private final State[] states;
    private final Decoder decoder = new Decoder();
    private boolean aligns;
    private RegisterSet restored = new RegisterSet(-1, -1);
    private boolean needsAlignment;

    /** Follows a function from its first instruction on. */
    public FrameFlow(FunctionFlow flow) {
        this(flow, new State[flow.count()]);
        if (flow.count() > 0) {
            enter(0, new State());
        }
        for (int i = 0; i < states.length; i++) {
            if (states[i] != null) {
                finish(i);
            }
        }
    }

    private FrameFlow(FunctionFlow flow, State[] states) {
        this.flow = flow;
        this.code = flow.code();
        this.states = states;
    }

    /** Of a piece of code that is yet to be entered; what it restores and needs is not asked for. */
    static FrameFlow part(FunctionFlow flow) {
        return new FrameFlow(flow, new State[flow.count()]);
    }

    FunctionFlow flow() {
        return flow;
    }

    /** Follows the code from an instruction on that is entered as a function is; tells whether that changes what is known. */
    boolean enter(int index) {
        return enter(index, new State());
    }

    /** The same for an instruction to which another piece of the function, or this one, jumps. */
    boolean enter(int index, FrameFlow from, int jump) {
        return enter(index, from.after(jump));
    }

    private boolean enter(int index, State state) {
        if (states[index] == null) {
            states[index] = state;
        } else if (!states[index].join(state)) {
            return false;
        }
        Deque<Integer> open = new ArrayDeque<>();
        open.add(index);
        while (!open.isEmpty()) {
            int i = open.remove();
            State after = after(i);
            for (int successor : flow.successors(i)) {
                if (states[successor] == null) {
                    states[successor] = after.copy();
                    open.add(successor);
                } else if (states[successor].join(after)) {
                    open.add(successor);
                }
            }
        }
        return true;
    }

    private void finish(int i) {
        State state = states[i];
        decoder.decode(code, flow.place(i), code.length);
        switch (flow.flow(i)) {
            case RETURN -> restored = restored.and(state.intact);
            case INDIRECT_JUMP -> restored = flow.successors(i).length > 0 ? restored : RegisterSet.NONE;
            case JUMP, CONDITIONAL -> {
                // Code elsewhere may change them.
                boolean stays = flow.index(
                        flow.start() + flow.place(i) + decoder.length() + decoder.branchDisplacement()) >= 0;
                restored = stays ? restored : RegisterSet.NONE;
            }
            default -> {
                // It stays in the function.
            }
        }
        if (!state.aligned && isAlignedAccess(i)) {
            needsAlignment = true;
        }
    }

    /** SSE instructions with 16 bytes of memory fault unless it is aligned, but for moves that say otherwise. */
    private boolean isAlignedAccess(int i) {
        if (decoder.modRm() < 0 || decoder.modRm() >= 0xc0) {
            return false;
        }
        int base = base(i);
        if (base != RSP && base != RBP) {
            return false;
        }
        int opcode = decoder.opcode();
        int prefix = decoder.mandatory();
        return switch (decoder.opcodeMap()) {
            case X0F -> (opcode == 0x28 || opcode == 0x29) || (opcode == 0x6f || opcode == 0x7f) && prefix == 1
                    || opcode >= 0x51 && opcode <= 0x6d && prefix < 2 && opcode != 0x5a
                    || opcode >= 0xd1 && prefix == 1 && opcode != 0xd6 || opcode == 0xe7 || opcode == 0x2b;
            case VEX_0F, EVEX_0F ->
                opcode == 0x28 || opcode == 0x29 || (opcode == 0x6f || opcode == 0x7f) && prefix == 1
                        || opcode == 0xe7 || opcode == 0x2b;
            default -> false;
        };
    }

    /** How far below its place at the entry the stack pointer is at an instruction, if that is known. */
    public OptionalInt depth(long address) {
        State state = state(address);
        return state == null || state.depth == UNKNOWN || state.aligned
                ? OptionalInt.empty()
                : OptionalInt.of(state.depth);
    }

    /** How far below a multiple of 16 it is, if the function has aligned it itself. */
    public OptionalInt alignedDepth(long address) {
        State state = state(address);
        return state == null || state.depth == UNKNOWN || !state.aligned
                ? OptionalInt.empty()
                : OptionalInt.of(state.depth);
    }

    /** Whether control gets to an instruction from the entry on, as far as is known. */
    boolean isReached(int index) {
        return states[index] != null;
    }

    /** As {@link #depth}, or {@link #alignedDepth}; {@link #UNKNOWN} if neither is known. */
    int depthAt(int index) {
        State state = states[index];
        return state == null ? UNKNOWN : state.depth;
    }

    boolean isAlignedAt(int index) {
        State state = states[index];
        return state != null && state.aligned;
    }

    /**
     * How far below the stack pointer's place at the entry the memory operand of an instruction lies; {@link #UNKNOWN} if it has
     * none there.
     */
    int placeAt(int index) {
        decoder.decode(code, flow.place(index), code.length);
        return states[index] == null || decoder.modRm() < 0 || decoder.modRm() >= 0xc0
                ? UNKNOWN
                : place(states[index], index);
    }

    /** How far below the stack pointer's place at the entry rbp points; {@link #UNKNOWN} if it does not. */
    int frameAt(int index) {
        State state = states[index];
        return state == null ? UNKNOWN : state.frame;
    }

    /** Whether rbp is, or may have been, a frame pointer on a path to an instruction. */
    boolean isFramedAt(int index) {
        State state = states[index];
        return state != null && state.framed;
    }

    private @Nullable State state(long address) {
        int index = flow.index(address);
        return index < 0 ? null : states[index];
    }

    /** The registers that hold, wherever it returns, what they held at the entry, whatever the functions do that it calls. */
    public RegisterSet restored() {
        return restored;
    }

    /** Whether its instructions use the stack in a way that needs it to be aligned to 16 bytes where the ABI says so. */
    public boolean needsAlignment() {
        return needsAlignment;
    }

    /** Whether it aligns its stack itself. */
    public boolean aligns() {
        return aligns;
    }

    private State after(int i) {
        State state = states[i].copy();
        RegisterEffects effects = flow.effects(i, RegisterSet.NONE);
        int place = flow.place(i);
        int length = decoder.decode(code, place, code.length);
        int opcode = decoder.opcodeMap() == OpcodeMap.ONE && !decoder.isApx() ? decoder.opcode() : -1;
        if (flow.flow(i) == Flow.CALL || flow.flow(i) == Flow.INDIRECT_CALL) {
            state.intact = state.intact.minus(RegisterSet.CALL_CLOBBERED);
            return state;
        }
        int embedded = opcode & 7 | (decoder.extendsBase() ? 8 : 0);
        if (opcode >= 0x50 && opcode <= 0x57) {
            push(state, state.intact.and(RegisterSet.general(embedded)));
        } else if (opcode >= 0x58 && opcode <= 0x5f) {
            pop(state, embedded);
        } else if (opcode == 0x68 || opcode == 0x6a || opcode == 0x9c
                || opcode == 0xff && (decoder.modRm() >> 3 & 7) == 6) {
            push(state, RegisterSet.NONE);
        } else if (opcode == 0x9d || opcode == 0x8f) {
            moveUp(state, 8);
            state.intact = state.intact.minus(effects.mayWrite());
        } else if (opcode == 0xc9) {
            state.depth = state.frame;
            state.aligned = false;
            pop(state, RBP);
        } else if (opcode == 0x8d && decoder.register() == RSP) {
            lea(state, i);
        } else if (opcode == 0x8d && decoder.register() == RBP) {
            state.frame = decoder.isWide() ? place(state, i) : UNKNOWN;
            state.intact = state.intact.minus(RegisterSet.general(RBP));
        } else if ((opcode == 0x81 || opcode == 0x83) && decoder.otherRegister() == RSP) {
            adjust(state);
        } else if (isMove(opcode, RSP, RBP)) {
            state.frame = state.aligned ? UNKNOWN : state.depth;
            state.framed = true;
            state.intact = state.intact.minus(RegisterSet.general(RBP));
        } else if (isMove(opcode, RBP, RSP)) {
            state.depth = state.frame;
            state.aligned = false;
        } else if (effects.mayWrite().meets(RegisterSet.general(RSP)) && decoder.otherRegister() == RSP
                && (opcode == 0x29 || opcode == 0x2b)) {
            // alloca: what is subtracted is a multiple of 16, but how much is not known.
            state.aligned = state.depth != UNKNOWN;
            state.depth = state.depth == UNKNOWN ? UNKNOWN : state.depth + 8;
        } else if (!saveOrRestore(state, i, length)) {
            if (effects.mayWrite().meets(RegisterSet.general(RSP))) {
                state.depth = UNKNOWN;
            }
            if (effects.mayWrite().meets(RegisterSet.general(RBP))) {
                state.frame = UNKNOWN;
            }
            state.intact = state.intact.minus(effects.mayWrite());
        }
        return state;
    }

    private static void push(State state, RegisterSet content) {
        if (state.depth != UNKNOWN) {
            state.depth += 8;
            keep(state, state.depth, state.aligned ? RegisterSet.NONE : content);
        }
    }

    private static void keep(State state, int depth, RegisterSet content) {
        if (content.isEmpty()) {
            state.saved.remove(depth);
        } else {
            state.saved.put(depth, content);
        }
    }

    private static void pop(State state, int register) {
        RegisterSet content = state.aligned
                ? RegisterSet.NONE
                : state.saved.getOrDefault(state.depth, RegisterSet.NONE);
        moveUp(state, 8);
        load(state, RegisterSet.general(register), content);
        if (register == RBP) {
            state.frame = UNKNOWN;
        } else if (register == RSP) {
            state.depth = UNKNOWN;
        }
    }

    private static void load(State state, RegisterSet register, RegisterSet content) {
        state.intact = content.equals(register) ? state.intact.or(register) : state.intact.minus(register);
    }

    private static void moveUp(State state, int bytes) {
        state.depth = state.depth == UNKNOWN ? UNKNOWN : state.depth - bytes;
    }

    private void adjust(State state) {
        int extension = decoder.modRm() >> 3 & 7;
        long by = decoder.immediate();
        if (extension == 5 || extension == 0) {
            state.depth = state.depth == UNKNOWN ? UNKNOWN : state.depth + (int) (extension == 5 ? by : -by);
        } else if (extension == 4 && by < 0 && (by & 15) == 0) {
            aligns = true;
            state.aligned = true;
            state.depth = 0;
        } else {
            state.depth = UNKNOWN;
        }
    }

    private void lea(State state, int i) {
        int base = base(i);
        int by = (int) decoder.displacement();
        if (base == RSP) {
            state.depth = state.depth == UNKNOWN ? UNKNOWN : state.depth - by;
        } else if (base == RBP && state.frame != UNKNOWN) {
            state.depth = state.frame - by;
            state.aligned = false;
        } else {
            state.depth = UNKNOWN;
        }
    }

    /** The depth of the address that a memory operand in the frame has. */
    private int place(State state, int i) {
        int base = base(i);
        int depth = base == RSP && !state.aligned ? state.depth : base == RBP ? state.frame : UNKNOWN;
        return depth == UNKNOWN ? UNKNOWN : depth - (int) decoder.displacement();
    }

    private boolean isMove(int opcode, int from, int to) {
        return opcode == 0x89 && decoder.isWide() && decoder.register() == from && decoder.otherRegister() == to
                || opcode == 0x8b && decoder.isWide() && decoder.register() == to && decoder.otherRegister() == from;
    }

    /** Moves of a whole register to the frame and back. */
    private boolean saveOrRestore(State state, int i, int length) {
        if (decoder.modRm() < 0 || decoder.modRm() >= 0xc0 || length == 0) {
            return false;
        }
        int base = base(i);
        boolean known = base == RSP && state.depth != UNKNOWN && !state.aligned
                || base == RBP && state.frame != UNKNOWN;
        if (!known) {
            return false;
        }
        int depth = (base == RSP ? state.depth : state.frame) - (int) decoder.displacement();
        boolean general = decoder.opcodeMap() == OpcodeMap.ONE && decoder.isWide();
        boolean vector = decoder.opcodeMap() == OpcodeMap.X0F && !decoder.isRipRelative();
        int opcode = decoder.opcode();
        RegisterSet register = general
                ? RegisterSet.general(decoder.register())
                : RegisterSet.vector(decoder.register());
        if (general && opcode == 0x89
                || vector && (opcode == 0x29 || opcode == 0x11 && decoder.mandatory() < 2
                        || opcode == 0x7f && decoder.mandatory() > 0)) {
            keep(state, depth, state.intact.and(register).equals(register) ? register : RegisterSet.NONE);
            return true;
        }
        if (general && opcode == 0x8b && decoder.register() != RSP && decoder.register() != RBP
                || vector && (opcode == 0x28 || opcode == 0x10 && decoder.mandatory() < 2
                        || opcode == 0x6f && decoder.mandatory() > 0)) {
            load(state, register, state.saved.getOrDefault(depth, RegisterSet.NONE));
            return true;
        }
        return false;
    }

    /** The base register of a memory operand without index; else -1. */
    private int base(int i) {
        int modRm = decoder.modRm();
        if (modRm < 0 || modRm >= 0xc0 || decoder.has32BitAddresses() || decoder.hasSegmentBase()
                || decoder.extendsBase()) {
            return -1;
        }
        int base = modRm & 7;
        if (base == 4) {
            int sib = code[flow.place(i) + decoder.displacementOffset() - 1] & 0xff;
            if ((sib & 0x38) != 0x20 || decoder.extendsIndex()) {
                return -1;
            }
            base = sib & 7;
        }
        return base == 5 && modRm < 0x40 ? -1 : base;
    }
}
