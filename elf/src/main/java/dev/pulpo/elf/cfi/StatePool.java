package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;
import java.util.Arrays;

/**
 * Numbers the different rows of an object. There are few, because compilers always push registers in the same order:
 * about four hundred in the 28,500 rows of glibc 2.36.
 *
 * <p>They are consecutive in one array: the {@link Interpreter}'s state, then flags.
 */
final class StatePool {
    /** How many longs a row takes. */
    static final int STRIDE = Interpreter.STATE_SIZE + 1;
    /** Where in a row the flags are. */
    static final int FLAGS = Interpreter.STATE_SIZE;
    /** The function is a signal trampoline. */
    static final long SIGNAL_FRAME = 1;

    private long[] rows = new long[64 * STRIDE];
    private int count;
    /** Numbers plus one, open addressing; the size is a power of two. */
    private int[] slots = new int[256];

    /** Returns the number of a row that has these rules and flags. */
    int add(long[] state, long flags, int returnAddress) {
        if ((count + 1) * STRIDE > rows.length) {
            rows = Arrays.copyOf(rows, rows.length * 2);
        }
        int base = count * STRIDE;
        System.arraycopy(state, 0, rows, base, Interpreter.STATE_SIZE);
        rows[base + FLAGS] = flags;
        if (returnAddress != DwarfRegisters.RIP) {
            rows[base + DwarfRegisters.RIP] = returnRule(state[returnAddress], returnAddress);
        }
        int mask = slots.length - 1;
        int slot = hash(base) & mask;
        while (slots[slot] != 0) {
            int other = slots[slot] - 1;
            if (Arrays.equals(rows, base, base + STRIDE, rows, other * STRIDE, (other + 1) * STRIDE)) {
                return other;
            }
            slot = (slot + 1) & mask;
        }
        slots[slot] = count + 1;
        count++;
        if (count * 2 > slots.length) {
            rehash();
        }
        return count - 1;
    }

    /** How many different rows there are. */
    int count() {
        return count;
    }

    long[] toArray() {
        return Arrays.copyOf(rows, count * STRIDE);
    }

    /** If a function keeps its return address in another register, that register's rule applies. */
    private static long returnRule(long rule, int register) {
        int kind = PackedRule.kind(rule);
        return kind == PackedRule.UNSPECIFIED || kind == PackedRule.SAME_VALUE
                ? PackedRule.rule(PackedRule.REGISTER, register)
                : rule;
    }

    private int hash(int base) {
        long hash = 0;
        for (int i = base; i < base + STRIDE; i++) {
            hash = (hash ^ rows[i]) * 0x9e3779b97f4a7c15L;
            hash ^= hash >>> 32;
        }
        return (int) hash;
    }

    private void rehash() {
        slots = new int[slots.length * 2];
        int mask = slots.length - 1;
        for (int i = 0; i < count; i++) {
            int slot = hash(i * STRIDE) & mask;
            while (slots[slot] != 0) {
                slot = (slot + 1) & mask;
            }
            slots[slot] = i + 1;
        }
    }
}
