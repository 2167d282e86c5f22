package dev.pulpo.x86;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The instructions of one function, how control goes through them, and which registers they need. Immutable but for what it
 * has computed; not thread-safe.
 *
 * <p>Instructions are decoded one after the other from the first byte on. A jump to a computed address may lead to every
 * instruction that no other one leads to.
 */
public final class FunctionFlow {
    /** What is known of the code that a function calls or jumps to. */
    public interface Callees {
        /** What code at an address, outside the function, needs before it. Nothing where that is unknown. */
        RegisterSet needed(long address);

        /** What a call of an address may change. */
        RegisterSet clobbered(long address);

        /** What is not known to be needed there, and may be. */
        RegisterSet possiblyNeeded(long address);
    }

    /** A call, or a jump to another function. */
    public record Call(long site, OptionalLong target, boolean returns) {}

    private final long start;
    private final byte[] code;
    private final int[] at;
    private final int[] indexOf;
    private final Flow[] flows;
    private final long[] targets;
    private final boolean[] tables;
    private final boolean[] pushes;
    private final int[] heads;
    private final boolean complete;
    private final Decoder decoder = new Decoder();
    private int @Nullable [][] predecessors;

    /**
     * @param start address of the first byte
     * @param code  all bytes of the function
     */
    public FunctionFlow(long start, byte[] code) {
        this.start = start;
        this.code = code;
        int[] places = new int[code.length];
        Flow[] kinds = new Flow[code.length];
        long[] leads = new long[code.length];
        boolean[] table = new boolean[code.length];
        boolean[] push = new boolean[code.length];
        indexOf = new int[code.length];
        Arrays.fill(indexOf, -1);
        int count = 0;
        int position = 0;
        boolean whole = true;
        while (position < code.length) {
            int length = decoder.decode(code, position, code.length);
            if (length == 0) {
                whole = false;
                break;
            }
            places[count] = position;
            indexOf[position] = count;
            kinds[count] = decoder.flow();
            leads[count] = decoder.flow().isDirect() ? start + position + length + decoder.branchDisplacement() : 0;
            push[count] = decoder.isPush();
            table[count] = decoder.flow() == Flow.INDIRECT_JUMP && !decoder.isRipRelative();
            position += length;
            count++;
        }
        complete = whole;
        at = Arrays.copyOf(places, count);
        flows = Arrays.copyOf(kinds, count);
        targets = Arrays.copyOf(leads, count);
        tables = Arrays.copyOf(table, count);
        pushes = Arrays.copyOf(push, count);
        heads = heads();
    }

    /** The same code at another address. */
    public FunctionFlow movedBy(long bias) {
        return new FunctionFlow(start + bias, code);
    }

    /** Whether all bytes are instructions. */
    public boolean isComplete() {
        return complete;
    }

    /** Where the function begins. */
    public long start() {
        return start;
    }

    /** Whether an instruction begins at an address. */
    public boolean hasInstruction(long address) {
        return index(address) >= 0;
    }

    /** Whether the instruction at an address is a direct branch or call to another one. */
    public boolean leadsTo(long address, long target) {
        int index = index(address);
        return index >= 0 && flows[index].isDirect() && targets[index] == target;
    }

    /** Whether the instruction at an address is a direct call. */
    public boolean isCall(long address) {
        int index = index(address);
        return index >= 0 && flows[index] == Flow.CALL;
    }

    int index(long address) {
        long offset = address - start;
        return offset < 0 || offset >= code.length ? -1 : indexOf[(int) offset];
    }

    int count() {
        return at.length;
    }

    byte[] code() {
        return code;
    }

    int place(int index) {
        return at[index];
    }

    Flow flow(int index) {
        return flows[index];
    }

    /** The instructions right after one that control does not go on from. */
    private int[] heads() {
        List<Integer> found = new ArrayList<>();
        for (int i = 1; i < at.length; i++) {
            if (!flows[i - 1].fallsThrough()) {
                found.add(i);
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The instructions of this function that control may go to after one; calls return. */
    int[] successors(int index) {
        Flow flow = flows[index];
        if (flow == Flow.INDIRECT_JUMP) {
            return tables[index] ? heads : new int[0];
        }
        int next = flow.fallsThrough() && index + 1 < at.length ? index + 1 : -1;
        int jump = flow.isDirect() && flow != Flow.CALL ? index(targets[index]) : -1;
        return next < 0 && jump < 0
                ? new int[0]
                : next < 0 ? new int[]{jump} : jump < 0 ? new int[]{next} : new int[]{next, jump};
    }

    /** Where control leaves the function by a direct branch or call. */
    public List<Call> calls() {
        List<Call> calls = new ArrayList<>();
        for (int i = 0; i < at.length; i++) {
            switch (flows[i]) {
                case CALL -> calls.add(new Call(start + at[i], OptionalLong.of(targets[i]), true));
                case INDIRECT_CALL -> calls.add(new Call(start + at[i], OptionalLong.empty(), true));
                case INDIRECT_JUMP -> {
                    if (!tables[i] || heads.length == 0) {
                        calls.add(new Call(start + at[i], OptionalLong.empty(), false));
                    }
                }
                case JUMP, CONDITIONAL -> {
                    if (index(targets[i]) < 0) {
                        calls.add(new Call(start + at[i], OptionalLong.of(targets[i]), false));
                    }
                }
                case SEQUENTIAL, LOOP, RETURN, INTERRUPT, HALT -> {
                    // It stays in the function, or returns.
                }
            }
        }
        return calls;
    }

    /** All that its own instructions may write. */
    public RegisterSet mayWrite() {
        RegisterSet all = RegisterSet.NONE;
        for (int i = 0; i < at.length; i++) {
            all = all.or(effects(i, RegisterSet.NONE).mayWrite());
        }
        return all;
    }

    RegisterEffects effects(int index, RegisterSet needed) {
        decoder.decode(code, at[index], code.length);
        return RegisterEffects.of(decoder, code, at[index], needed);
    }

    /** Which registers are needed where. */
    public Needs needs(Callees callees, How how) {
        return new Needs(callees, how);
    }

    /** Which needs count. */
    public enum How {
        /** Those of instructions, for whatever has an effect in the function. */
        SURE,
        /** Also those for its result, as if it had one. */
        WITH_RESULT,
        /** Those of instructions, for whatever may have an effect anywhere: compilers leave no others. */
        READ,
        /** Also those of code that is not known, and of what is only pushed. */
        POSSIBLE
    }

    /** Which registers are needed at each instruction: the analysis of live registers, as compilers do it. */
    public final class Needs {
        private final Callees callees;
        private final boolean possibly;
        private final RegisterSet result;
        private final Optional<Needs> possible;
        private final RegisterSet[] before = new RegisterSet[at.length];
        private final Map<Integer, RegisterSet> passed = new HashMap<>();

        private Needs(Callees callees, How how) {
            this.callees = callees;
            this.possibly = how == How.POSSIBLE;
            this.result = how == How.SURE || how == How.READ ? RegisterSet.NONE : RegisterSet.RESULT;
            this.possible = how == How.READ ? Optional.of(new Needs(callees, How.POSSIBLE)) : Optional.empty();
            Arrays.fill(before, RegisterSet.NONE);
            boolean changed = true;
            while (changed) {
                changed = false;
                for (int i = at.length - 1; i >= 0; i--) {
                    RegisterSet now = before(i, after(i));
                    if (!now.equals(before[i])) {
                        before[i] = now;
                        changed = true;
                    }
                }
            }
        }

        /** What is needed before the instruction at an address. */
        public RegisterSet before(long address) {
            int index = index(address);
            return index < 0 ? RegisterSet.NONE : before[index];
        }

        /** What is needed when the call at an address has returned; what the code it jumps to returns, for a jump. */
        public RegisterSet afterCall(long address) {
            int index = index(address);
            return index < 0 ? RegisterSet.NONE : flows[index].fallsThrough() ? after(index) : RegisterSet.NONE;
        }

        private RegisterSet after(int index) {
            RegisterSet all = RegisterSet.NONE;
            if (flows[index] == Flow.CALL) {
                return index + 1 < at.length ? before[index + 1] : all;
            }
            for (int successor : successors(index)) {
                all = all.or(before[successor]);
            }
            return all;
        }

        private RegisterSet before(int index, RegisterSet after) {
            return switch (flows[index]) {
                case CALL -> called(targets[index], after).or(passed(index));
                case INDIRECT_CALL -> after.minus(RegisterSet.CALL_CLOBBERED).or(effects(index, after).reads())
                        .or(possibly ? RegisterSet.PASSED : passed(index));
                case JUMP, CONDITIONAL, LOOP -> {
                    RegisterSet elsewhere = index(targets[index]) >= 0
                            ? RegisterSet.NONE
                            : jumped(targets[index]);
                    yield effects(index, after).neededBefore().or(elsewhere);
                }
                case INDIRECT_JUMP -> effects(index, after).neededBefore()
                        .or(possibly && !tables[index] ? RegisterSet.PASSED : RegisterSet.NONE);
                case RETURN -> result;
                case HALT -> RegisterSet.NONE;
                // Compilers push any register to move the stack pointer.
                case SEQUENTIAL -> !possibly && pushes[index]
                        ? after
                        : effects(index, after).neededBefore().or(possible
                                .map(all -> effects(index, all.after(index)).reads()).orElse(RegisterSet.NONE));
                case INTERRUPT -> effects(index, after).neededBefore();
            };
        }

        /**
         * What an unknown function is passed for sure: arguments are passed in a fixed order, so none comes after one that is not,
         * and the last that has been set for the call tells of all before it.
         */
        private RegisterSet passed(int call) {
            boolean isKnown = flows[call] == Flow.CALL && callees.possiblyNeeded(targets[call])
                    .minus(callees.needed(targets[call])).isEmpty();
            return possible.isEmpty() || isKnown
                    ? RegisterSet.NONE
                    : passed.computeIfAbsent(call, index -> RegisterSet.passedWith(
                            register -> isSetByItselfFor(start + at[index], register, callees)));
        }

        private RegisterSet called(long target, RegisterSet after) {
            return after.minus(callees.clobbered(target)).or(jumped(target));
        }

        private RegisterSet jumped(long target) {
            RegisterSet sure = callees.needed(target);
            return possibly ? sure.or(callees.possiblyNeeded(target)) : sure;
        }

        /** The first instruction after a call, on some path, that reads a register before anything writes it. */
        public OptionalLong reader(long call, RegisterSet register) {
            boolean[] seen = new boolean[at.length];
            List<Integer> open = new ArrayList<>();
            int from = index(call);
            if (from < 0 || from + 1 >= at.length) {
                return OptionalLong.empty();
            }
            open.add(from + 1);
            for (int n = 0; n < open.size(); n++) {
                int i = open.get(n);
                if (seen[i] || !before[i].meets(register)) {
                    continue;
                }
                seen[i] = true;
                RegisterSet after = after(i);
                if (!after.meets(register) || before(i, after.minus(register)).meets(register)) {
                    return OptionalLong.of(start + at[i]);
                }
                for (int successor : successors(i)) {
                    open.add(successor);
                }
            }
            return OptionalLong.empty();
        }
    }

    /**
     * Whether the value that a register has at a call can have been meant only for the call or for what follows it: on each
     * path to the call something has written the register, and nothing has read it since. Compilers leave out writes that
     * nobody reads.
     *
     * @param atEntry whether the function's own caller passes something in the register
     * @param across  whether another call in between may leave the register alone; by the ABI none does
     */
    public boolean isSetFor(long call, RegisterSet register, Callees callees, boolean atEntry, boolean across) {
        return onEachPath(call, atEntry, before -> writes(before, register, callees, across));
    }

    /** As {@link #isSetFor}, by instructions that have no other result: the remainder of a division may be wanted by nobody. */
    private boolean isSetByItselfFor(long call, RegisterSet register, Callees callees) {
        return onEachPath(call, false, before -> writes(before, register, callees, false)
                .map(set -> set && effects(before, RegisterSet.ALL).mayWrite().minus(RegisterSet.FLAGS).minus(register)
                        .isEmpty()));
    }

    /**
     * Who has left what is in a register at a call, other than instructions of the function.
     *
     * @param call  whether another call may have, on some path: nobody passes that on but as its result
     * @param entry whether it may be what the function began with
     */
    public record LeftBy(boolean call, boolean entry) {}

    /** Who has left what is in a register at a call. */
    public LeftBy leftBy(long call, RegisterSet register, Callees callees) {
        int from = index(call);
        if (from < 0) {
            return new LeftBy(false, false);
        }
        int[][] predecessors = predecessors();
        boolean[] seen = new boolean[at.length];
        List<Integer> open = new ArrayList<>(List.of(from));
        boolean byCall = false;
        boolean byEntry = false;
        for (int n = 0; n < open.size(); n++) {
            byEntry |= open.get(n) == 0;
            for (int before : predecessors[open.get(n)]) {
                boolean calls = flows[before] == Flow.CALL || flows[before] == Flow.INDIRECT_CALL;
                boolean clobbers = calls && (flows[before] == Flow.INDIRECT_CALL
                        || callees.clobbered(targets[before]).meets(register));
                byCall |= clobbers;
                boolean writes = !calls && effects(before, RegisterSet.ALL).mayWrite().meets(register);
                if (!clobbers && !writes && !seen[before]) {
                    seen[before] = true;
                    open.add(before);
                }
            }
        }
        return new LeftBy(byCall, byEntry);
    }

    /** Whether the value that a register has at a call is a number too small for an address, on each path to the call. */
    public boolean isNumberFor(long call, RegisterSet register) {
        return onEachPath(call, false, before -> flows[before] == Flow.CALL || flows[before] == Flow.INDIRECT_CALL
                ? Optional.of(false)
                : effects(before, RegisterSet.ALL).mayWrite().meets(register)
                        ? Optional.of(decoder.isSmallNumber())
                        : Optional.empty());
    }

    /**
     * Whether something holds on each path to a call.
     *
     * @param atEntry whether it does for a path from the function's entry
     * @param judge   of the number of an instruction: whether it holds from there on; empty to look further back
     */
    private boolean onEachPath(long call, boolean atEntry, IntFunction<Optional<Boolean>> judge) {
        int from = index(call);
        if (from < 0) {
            return false;
        }
        int[][] predecessors = predecessors();
        boolean[] seen = new boolean[at.length];
        List<Integer> open = new ArrayList<>();
        open.add(from);
        for (int n = 0; n < open.size(); n++) {
            int i = open.get(n);
            if (i == 0 && !atEntry || predecessors[i].length == 0 && i != 0) {
                return false;
            }
            for (int before : predecessors[i]) {
                Optional<Boolean> answer = judge.apply(before);
                if (answer.isPresent() && !answer.get()) {
                    return false;
                }
                if (answer.isEmpty() && !seen[before]) {
                    seen[before] = true;
                    open.add(before);
                }
            }
        }
        return true;
    }

    /** Whether an instruction writes the register without reading it; empty if it does neither. */
    private Optional<Boolean> writes(int index, RegisterSet register, Callees callees, boolean across) {
        RegisterEffects effects = effects(index, RegisterSet.ALL);
        return switch (flows[index]) {
            case CALL -> !across || callees.clobbered(targets[index]).meets(register)
                    || callees.needed(targets[index]).meets(register)
                    || callees.possiblyNeeded(targets[index]).meets(register) ? Optional.of(false) : Optional.empty();
            case INDIRECT_CALL -> Optional.of(false);
            default -> {
                boolean written = effects.overwrites().meets(register);
                boolean read = effects.reads().meets(register);
                yield written ? Optional.of(true) : read ? Optional.of(false) : Optional.empty();
            }
        };
    }

    /**
     * How the function uses what its registers hold when it begins: which lead to memory, directly or after a computation,
     * and which it may hand on, so that others may use them so.
     *
     * @param dereferenced registers with addresses
     * @param scaled       registers that are calculated with as addresses are not
     * @param passedOn     registers that calls, stores or results may pass on
     */
    public record Uses(RegisterSet dereferenced, RegisterSet scaled, RegisterSet passedOn) {}

    /**
     * How it uses the general registers that it begins with.
     *
     * @param callees how functions that it calls, or jumps to, use theirs; empty where that is not known
     */
    public Uses uses(LongFunction<Optional<Uses>> callees) {
        FrameFlow frame = new FrameFlow(this);
        boolean hasFreeFrame = false;
        for (int i = 0; i < at.length; i++) {
            hasFreeFrame |= frame.placeAt(i) != FrameFlow.UNKNOWN && isLea(i);
        }
        Origins[] origins = new Origins[at.length];
        List<Integer> open = new ArrayList<>();
        if (at.length > 0) {
            origins[0] = Origins.ofEntry();
            open.add(0);
        }
        int dereferenced = 0;
        int passedOn = 0;
        int scaled = 0;
        for (int n = 0; n < open.size(); n++) {
            int i = open.get(n);
            Origins after = origins[i].copy();
            int slot = frame.placeAt(i);
            RegisterEffects effects = effects(i, RegisterSet.ALL);
            int addresses = origins[i].of(effects.address());
            int read = origins[i].of(effects.reads());
            boolean computes = decoder.isLea();
            // What is scaled is a number: the index of a table.
            dereferenced |= computes ? 0 : origins[i].of(effects.address().minus(effects.index()));
            scaled |= origins[i].of(effects.index());
            scaled |= decoder.calculates() ? computes ? addresses : read & ~addresses : 0;
            boolean stores = effects.mayWrite().minus(RegisterSet.FLAGS).isEmpty() && !decoder.writesFlags();
            boolean calls = flows[i] == Flow.CALL || flows[i] == Flow.INDIRECT_CALL;
            if (calls || flows[i] == Flow.JUMP && index(targets[i]) < 0
                    || flows[i] == Flow.INDIRECT_JUMP && !tables[i]) {
                Optional<Uses> callee = flows[i].isDirect() ? callees.apply(targets[i]) : Optional.empty();
                passedOn |= origins[i].of(callee.map(Uses::passedOn).orElse(RegisterSet.PASSED));
                dereferenced |= origins[i].of(callee.map(Uses::dereferenced).orElse(RegisterSet.NONE));
                scaled |= origins[i].of(callee.map(Uses::scaled).orElse(RegisterSet.NONE));
            } else if (flows[i] == Flow.RETURN) {
                passedOn |= origins[i].of(RegisterSet.RESULT);
            } else if (stores) {
                boolean stays = slot != FrameFlow.UNKNOWN && slot > 0;
                passedOn |= stays && !hasFreeFrame ? 0 : read;
                if (stays) {
                    after.store(slot, read, decoder.isWide());
                }
            }
            // What comes from memory does not come from a register, unless it was kept there or is combined with one.
            int result = computes ? addresses : read & ~addresses | origins[i].at(slot);
            for (int register = 0; register < 16; register++) {
                if (effects.mayWrite().meets(RegisterSet.general(register))) {
                    after.set(register, result);
                }
                if (calls && RegisterSet.CALL_CLOBBERED.meets(RegisterSet.general(register))) {
                    after.set(register, 0);
                }
            }
            for (int successor : successors(i)) {
                if (origins[successor] == null) {
                    origins[successor] = after.copy();
                    open.add(successor);
                } else if (origins[successor].join(after)) {
                    open.add(successor);
                }
            }
        }
        return new Uses(registers(dereferenced), registers(scaled), registers(passedOn));
    }

    private boolean isLea(int index) {
        decoder.decode(code, at[index], code.length);
        return decoder.isLea();
    }

    private static RegisterSet registers(int bits) {
        RegisterSet all = RegisterSet.NONE;
        for (int register = 0; register < 16; register++) {
            all = (bits >> register & 1) == 0 ? all : all.or(RegisterSet.general(register));
        }
        return all;
    }

    private int[][] predecessors() {
        int[][] known = predecessors;
        if (known == null) {
            known = findPredecessors();
            predecessors = known;
        }
        return known;
    }

    private int[][] findPredecessors() {
        List<List<Integer>> lists = new ArrayList<>();
        for (int i = 0; i < at.length; i++) {
            lists.add(new ArrayList<>());
        }
        for (int i = 0; i < at.length; i++) {
            for (int successor : successors(i)) {
                lists.get(successor).add(i);
            }
        }
        return lists.stream().map(list -> list.stream().mapToInt(Integer::intValue).toArray()).toArray(int[][]::new);
    }
}
