package dev.pulpo.engine.reach;

import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * Parts of stacks that may be dead: below the stack pointers of threads, and stacks of threads that have ended, which glibc
 * keeps for the next. Old return addresses are left over there. They count all the same if anything points into that part of
 * the stack: a coroutine may sleep there, and then something knows its stack pointer. Allocates only where there are more than
 * ever before. Not thread-safe.
 */
final class DeadStacks {
    /** {@code struct pthread} (glibc, nptl/descr.h): tcb at 0 and self at 16 point to it. */
    private static final int SELF = 16;
    /** stackblock, stackblock_size and guardsize follow each other in it; where depends on the version. */
    private static final int FIRST = 0x200;
    private static final int CONTROL_BYTES = 0x900;
    private static final int SPARE = 64;
    /** How much of a stack, at its end, control block and thread-local storage take at most. */
    private static final int MOST_AT_END = 64 * 1024;

    private final TargetMemory memory;
    private final MemorySegment end;
    private final MemorySegment control;
    /** Thread pointers: the control blocks of threads that live. */
    private final AddressBag living = new AddressBag();
    private int count;
    /** First addresses, and first addresses after them. */
    private long[] starts = new long[64];
    private long[] ends = new long[64];
    /** Of each, the first address after the last word that was asked for; the same as the start for none. */
    private long[] asked = new long[64];
    /** Of the control block of a thread that has ended: first address, and first address after it. */
    private long[] controlStarts = new long[64];
    private long[] controlEnds = new long[64];

    DeadStacks(TargetMemory memory, Arena arena) {
        this.memory = memory;
        end = arena.allocate(MOST_AT_END, 8);
        control = end.asSlice(0, CONTROL_BYTES);
    }

    void clear() {
        count = 0;
        living.clear();
    }

    private int add(long start, long last, long controlStart, long controlEnd) {
        if (count == starts.length) {
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            asked = Arrays.copyOf(asked, 2 * count);
            controlStarts = Arrays.copyOf(controlStarts, 2 * count);
            controlEnds = Arrays.copyOf(controlEnds, 2 * count);
        }
        starts[count] = start;
        ends[count] = last;
        asked[count] = start;
        controlStarts[count] = controlStart;
        controlEnds[count] = controlEnd;
        return count++;
    }

    /** Takes a stopped thread. */
    void add(Registers thread, MappingTable map) {
        living.add(thread.fsBase());
        long live = thread.rsp() - StackCheck.RED_ZONE;
        int stack = map.find(thread.rsp());
        if (stack < 0) {
            return;
        }
        long start = map.start(stack);
        long last = map.end(stack);
        if (!map.isMainStack(stack)) {
            long read = memory.readSome(thread.fsBase(), control);
            start = read == CONTROL_BYTES ? startOf(thread.fsBase(), 0) : 0;
            last = thread.fsBase();
        }
        // A thread on another stack than its own leaves a context on its own that something must lead to.
        if (start != 0 && start < live && live < last) {
            add(start, live, live, live);
        }
    }

    /**
     * First address of the stack that a control block names; 0 where it is no control block.
     *
     * @param address its address
     * @param at      where it is in what was read
     */
    private long startOf(long address, long at) {
        if (word(at) != address || word(at + SELF) != address) {
            return 0;
        }
        for (int i = FIRST; i <= CONTROL_BYTES - 24; i += 8) {
            long start = word(at + i);
            long size = word(at + i + 8);
            long guard = word(at + i + 16);
            if (start > 0 && (start & 15) == 0 && size > 0 && start < address && start + size > address
                    && start + size - address < MOST_AT_END && guard >= 0 && guard < size) {
                // Who makes a stack has known where it begins, and where its guard ends; no stack pointer gets there.
                return start + guard + SPARE;
            }
        }
        return 0;
    }

    private long word(long at) {
        return end.get(ValueLayout.JAVA_LONG, at);
    }

    /**
     * Whether a word may be left over.
     *
     * @return if so, it counts as asked for
     */
    boolean mayBeDead(long address, MappingTable map) {
        for (int i = 0; i < count; i++) {
            if (starts[i] <= address && address < ends[i]) {
                asked[i] = Math.max(asked[i], address + Long.BYTES);
                return true;
            }
        }
        int mapping = map.find(address);
        int kept = mapping >= 0 && map.isAnonymous(mapping) ? kept(address, map.end(mapping)) : -1;
        if (kept >= 0) {
            asked[kept] = address + Long.BYTES;
        }
        return kept >= 0;
    }

    /** The stack of an ended thread whose control block is at the end of a mapping; -1 where there is none. */
    private int kept(long address, long mappingEnd) {
        long from = mappingEnd - MOST_AT_END;
        if (address >= mappingEnd || memory.readSome(from, end) < MOST_AT_END) {
            return -1;
        }
        for (long at = 0; at <= MOST_AT_END - CONTROL_BYTES; at += 64) {
            long start = living.contains(from + at) ? 0 : startOf(from + at, at);
            if (start != 0 && start <= address && address < from + at) {
                return add(start, from + at, from + at, mappingEnd);
            }
        }
        return -1;
    }

    /** How many parts there are. */
    int count() {
        return count;
    }

    /** First address of a part. */
    long start(int part) {
        return starts[part];
    }

    /** First address after the last word of a part that {@link #mayBeDead} was asked for; the start where there was none. */
    long asked(int part) {
        return asked[part];
    }

    /** Whether {@link #mayBeDead} was asked for a word in any part. */
    boolean isAsked() {
        for (int i = 0; i < count; i++) {
            if (asked[i] != starts[i]) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a word does not count that points into one of these parts, up to the last word that was asked for: it lies in
     * such a part of a stack itself, or in the control block of a thread that has ended.
     */
    boolean isOwn(long address) {
        for (int i = 0; i < count; i++) {
            if (asked[i] != starts[i] && (starts[i] <= address && address < asked[i]
                    || controlStarts[i] <= address && address < controlEnds[i])) {
                return true;
            }
        }
        return false;
    }
}
