package dev.pulpo.engine.reach;

import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Parts of stacks that may be dead: below the stack pointers of threads, and stacks of threads that have ended, which glibc
 * keeps for the next. Old return addresses are left over there. They count all the same if anything points into that part of
 * the stack: a coroutine may sleep there, and then something knows its stack pointer.
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
    /** Thread pointers: the control blocks of threads that live. */
    private final List<Long> living = new ArrayList<>();
    /** First address, first address after it; the same of the control block of a thread that has ended. */
    private final List<long[]> zones = new ArrayList<>();
    private final List<long[]> found = new ArrayList<>();

    DeadStacks(TargetMemory memory, Arena arena) {
        this.memory = memory;
        end = arena.allocate(MOST_AT_END, 8);
    }

    void clear() {
        zones.clear();
        found.clear();
        living.clear();
    }

    /** Takes a stopped thread. */
    void add(Registers thread, MemoryMap map) {
        living.add(thread.fsBase());
        long live = thread.rsp() - StackCheck.RED_ZONE;
        Optional<Mapping> stack = map.find(new RemoteAddress(thread.rsp()));
        if (stack.isEmpty()) {
            return;
        }
        long start = stack.get().start().value();
        long last = stack.get().end().value();
        if (!stack.get().path().equals("[stack]")) {
            long read = memory.readSome(thread.fsBase(), end.asSlice(0, CONTROL_BYTES));
            start = read == CONTROL_BYTES ? startOf(thread.fsBase(), 0) : 0;
            last = thread.fsBase();
        }
        // A thread on another stack than its own leaves a context on its own that something must lead to.
        if (start != 0 && start < live && live < last) {
            zones.add(new long[]{start, live, live, live});
        }
    }

    /**
     * First address of the stack that a control block names; 0 where it is no control block.
     *
     * @param control its address
     * @param at      where it is in what was read
     */
    private long startOf(long control, long at) {
        if (word(at) != control || word(at + SELF) != control) {
            return 0;
        }
        for (int i = FIRST; i <= CONTROL_BYTES - 24; i += 8) {
            long start = word(at + i);
            long size = word(at + i + 8);
            long guard = word(at + i + 16);
            if (start > 0 && (start & 15) == 0 && size > 0 && start < control && start + size > control
                    && start + size - control < MOST_AT_END && guard >= 0 && guard < size) {
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
     * @return if so, {@link #zones} has it
     */
    boolean mayBeDead(long address, MemoryMap map) {
        for (long[] zone : zones) {
            if (zone[0] <= address && address < zone[1]) {
                extend(zone, address);
                return true;
            }
        }
        Optional<long[]> kept = map.find(new RemoteAddress(address)).filter(Mapping::isAnonymous)
                .flatMap(mapping -> kept(address, mapping.end().value()));
        kept.ifPresent(zone -> {
            zones.add(zone);
            extend(zone, address);
        });
        return kept.isPresent();
    }

    /** The stack whose control block is at the end of a mapping. */
    private Optional<long[]> kept(long address, long mappingEnd) {
        long from = mappingEnd - MOST_AT_END;
        if (address >= mappingEnd || memory.readSome(from, end) < MOST_AT_END) {
            return Optional.empty();
        }
        for (long at = 0; at <= MOST_AT_END - CONTROL_BYTES; at += 64) {
            long start = living.contains(from + at) ? 0 : startOf(from + at, at);
            if (start != 0 && start <= address && address < from + at) {
                return Optional.of(new long[]{start, from + at, from + at, mappingEnd});
            }
        }
        return Optional.empty();
    }

    private void extend(long[] zone, long address) {
        for (long[] part : found) {
            if (part[0] == zone[0]) {
                part[1] = Math.max(part[1], address + Long.BYTES);
                return;
            }
        }
        found.add(new long[]{zone[0], address + Long.BYTES, zone[2], zone[3]});
    }

    /**
     * Whether a word does not count that points into one of {@link #zones}: it lies in that part of a stack itself, or in the
     * control block of a thread that has ended.
     */
    boolean isOwn(long address) {
        for (long[] part : found) {
            if (part[0] <= address && address < part[1] || part[2] <= address && address < part[3]) {
                return true;
            }
        }
        return false;
    }

    /** From the first address of each stack to the last word that {@link #mayBeDead} was asked for. */
    List<CodeRanges.Range> zones() {
        return found.stream().map(part -> new CodeRanges.Range(new RemoteAddress(part[0]), new RemoteAddress(part[1]),
                "a stack")).toList();
    }
}
