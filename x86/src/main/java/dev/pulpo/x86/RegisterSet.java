package dev.pulpo.x86;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * A set of registers and parts of registers, which machine code reads, writes or needs. Immutable.
 *
 * <p>A general register has three parts: its lowest byte, the byte after it, and the rest. A vector register has three as
 * well: its first and second four bytes, and the rest, however long. {@code xmm16} to {@code xmm31} count as a whole. The
 * arithmetic flags are one member, and each mask register is one.
 *
 * @param general three bits for each general register, one for the flags, one for each mask register
 * @param vectors three bits for each of the first sixteen vector registers, one for each of the others
 */
public record RegisterSet(long general, long vectors) {
    /** Nothing. */
    public static final RegisterSet NONE = new RegisterSet(0, 0);

    private static final int PARTS = 3;
    private static final int FLAG_BIT = 48;
    private static final int MASK_BIT = 49;
    private static final int VECTOR_ARGUMENTS = 8;
    private static final String[] NAMES = {"rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi"};

    /** Everything. */
    public static final RegisterSet ALL = new RegisterSet(-1, -1);
    /** The arithmetic flags. */
    public static final RegisterSet FLAGS = new RegisterSet(1L << FLAG_BIT, 0);
    /**
     * What a called function may change (psABI, section 3.2.1): all registers but {@code rbx}, {@code rsp}, {@code rbp} and
     * {@code r12} to {@code r15}.
     */
    public static final RegisterSet CALL_CLOBBERED = callClobbered();
    /** The registers of arguments: {@code rdi}, {@code rsi}, {@code rdx}, {@code rcx}, {@code r8}, {@code r9}. */
    public static final List<Integer> ARGUMENTS = List.of(7, 6, 2, 1, 8, 9);
    /**
     * Where functions return one value: {@code rax} or {@code xmm0}. What they return in {@code rdx} and {@code xmm1} is the
     * second half of a value (psABI, section 3.2.3).
     */
    public static final RegisterSet RESULT = general(0).or(vector(0));
    /** The second half of a value that is returned. */
    public static final RegisterSet SECOND_RESULT = general(2).or(vector(1));
    /** All registers that arguments can be passed in. */
    public static final RegisterSet PASSED = passed();

    private static RegisterSet callClobbered() {
        RegisterSet all = FLAGS;
        for (int register : new int[]{0, 1, 2, 6, 7, 8, 9, 10, 11}) {
            all = all.or(general(register));
        }
        for (int register = 0; register < 32; register++) {
            all = all.or(vector(register));
        }
        for (int register = 0; register < 8; register++) {
            all = all.or(mask(register));
        }
        return all;
    }

    private static RegisterSet passed() {
        RegisterSet all = NONE;
        for (int register : ARGUMENTS) {
            all = all.or(general(register));
        }
        for (int register = 0; register < VECTOR_ARGUMENTS; register++) {
            all = all.or(vector(register));
        }
        return all;
    }

    /** A whole general register, 0 to 15. */
    public static RegisterSet general(int register) {
        return general(register, 0b111);
    }

    static RegisterSet general(int register, int parts) {
        return new RegisterSet((long) parts << PARTS * register, 0);
    }

    /** A whole vector register, 0 to 31. */
    public static RegisterSet vector(int register) {
        return vector(register, 0b111);
    }

    static RegisterSet vector(int register, int parts) {
        return new RegisterSet(0, register < 16 ? (long) parts << PARTS * register : 1L << 32 + register);
    }

    static RegisterSet mask(int register) {
        return new RegisterSet(1L << MASK_BIT + register, 0);
    }

    /** The parts of a general register that are in the set. */
    int partsOf(int register) {
        return (int) (general >>> PARTS * register) & 0b111;
    }

    /** The parts of a vector register that are in the set. */
    int vectorPartsOf(int register) {
        return register < 16
                ? (int) (vectors >>> PARTS * register) & 0b111
                : (vectors >>> 32 + register & 1) == 0 ? 0 : 0b111;
    }

    /** The members of either. */
    public RegisterSet or(RegisterSet other) {
        return new RegisterSet(general | other.general, vectors | other.vectors);
    }

    /** The members of both. */
    public RegisterSet and(RegisterSet other) {
        return new RegisterSet(general & other.general, vectors & other.vectors);
    }

    /** The members that the other has not. */
    public RegisterSet minus(RegisterSet other) {
        return new RegisterSet(general & ~other.general, vectors & ~other.vectors);
    }

    /** Whether there are none. */
    public boolean isEmpty() {
        return (general | vectors) == 0;
    }

    /** Whether they have a member in common. */
    public boolean meets(RegisterSet other) {
        return !and(other).isEmpty();
    }

    /** Each register of which a part is a member, as a whole. */
    public List<RegisterSet> registers() {
        List<RegisterSet> found = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            add(general(i), found);
        }
        for (int i = 0; i < 32; i++) {
            add(vector(i), found);
        }
        for (int i = 0; i < 8; i++) {
            add(mask(i), found);
        }
        add(FLAGS, found);
        return found;
    }

    /**
     * What can be passed to a function when these registers cannot be: arguments are passed in a fixed order, so none comes
     * after one that is not. Registers that pass nothing are all there.
     */
    public static RegisterSet passableWith(RegisterSet missing) {
        RegisterSet rest = ALL;
        boolean after = false;
        for (int register : ARGUMENTS) {
            after |= missing.meets(general(register));
            rest = after ? rest.minus(general(register)) : rest;
        }
        after = false;
        for (int register = 0; register < VECTOR_ARGUMENTS; register++) {
            after |= missing.meets(vector(register));
            rest = after && register > 0 ? rest.minus(vector(register)) : rest;
        }
        return rest;
    }

    /**
     * What is passed to a function where these registers are: the last of them in the order of the arguments, and all before it.
     *
     * @param isPassed of a register
     */
    public static RegisterSet passedWith(Predicate<RegisterSet> isPassed) {
        return passedWith(ARGUMENTS.stream().map(RegisterSet::general).toList(), isPassed)
                .or(passedWith(IntStream.range(0, VECTOR_ARGUMENTS).mapToObj(RegisterSet::vector).toList(), isPassed));
    }

    private static RegisterSet passedWith(List<RegisterSet> order, Predicate<RegisterSet> isPassed) {
        for (int last = order.size() - 1; last >= 0; last--) {
            if (isPassed.test(order.get(last))) {
                return order.subList(0, last + 1).stream().reduce(NONE, RegisterSet::or);
            }
        }
        return NONE;
    }

    /** The registers of which a part is a member, as wholes: who changes a part is not relied on for the rest. */
    public RegisterSet whole() {
        return registers().stream().reduce(NONE, RegisterSet::or);
    }

    private void add(RegisterSet register, List<RegisterSet> found) {
        if (meets(register)) {
            found.add(register);
        }
    }

    /** The names of the registers. */
    public List<String> names() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 16; i++) {
            if (partsOf(i) != 0) {
                names.add(i < NAMES.length ? NAMES[i] : "r" + i);
            }
        }
        for (int i = 0; i < 32; i++) {
            if (vectorPartsOf(i) != 0) {
                names.add("xmm" + i);
            }
        }
        for (int i = 0; i < 8; i++) {
            if (meets(mask(i))) {
                names.add("k" + i);
            }
        }
        if (meets(FLAGS)) {
            names.add("flags");
        }
        return names;
    }

    @Override
    public String toString() {
        return String.join(", ", names());
    }
}
