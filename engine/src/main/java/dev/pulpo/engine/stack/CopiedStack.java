package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.StackMemory;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory that unwinding reads: the top of a thread's stack, which is fetched in one call, and whatever else is asked
 * for, word by word. Allocates nothing once made. Not thread-safe.
 */
final class CopiedStack implements StackMemory {
    private static final long SIZE = 64 * 1024;
    private static final int WORD = 8;

    private final TraceeMemory memory;
    private final MemorySegment copy;
    private final MemorySegment word;
    private long start;
    private long length;

    CopiedStack(TraceeMemory memory, Arena arena) {
        this.memory = memory;
        copy = arena.allocate(SIZE, WORD);
        word = arena.allocate(WORD, WORD);
    }

    /** Fetches what is above a stack pointer. */
    void fetch(long stackPointer) {
        start = stackPointer & -WORD;
        length = memory.readSome(new RemoteAddress(start), copy);
    }

    @Override
    public boolean read(long address, int size, long[] into, int index) {
        long offset = address - start;
        if (offset >= 0 && offset <= length - size) {
            into[index] = value(copy, offset, size);
            return true;
        }
        if (memory.readSome(new RemoteAddress(address), word.asSlice(0, size)) < size) {
            return false;
        }
        into[index] = value(word, 0, size);
        return true;
    }

    private static long value(MemorySegment from, long offset, int size) {
        return switch (size) {
            case 1 -> from.get(ValueLayout.JAVA_BYTE, offset) & 0xff;
            case 2 -> from.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0xffff;
            case 4 -> from.get(ValueLayout.JAVA_INT_UNALIGNED, offset) & 0xffff_ffffL;
            default -> from.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        };
    }
}
