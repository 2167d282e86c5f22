package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.StackMemory;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of a stopped process, read a few pages at a time and remembered, since the frames of a stack lie close together.
 * Allocates nothing once it is made. Not thread-safe.
 */
public final class StackWindow implements StackMemory {
    private static final int BYTES = 8192;

    private final TraceeMemory memory;
    private final MemorySegment window;
    private long start;
    private long length;

    public StackWindow(TraceeMemory memory, Arena arena) {
        this.memory = memory;
        window = arena.allocate(BYTES, 8);
    }

    /** Forgets what was read: the process has run since. */
    public void forget() {
        length = 0;
    }

    @Override
    public boolean read(long address, int size, long[] into, int index) {
        long offset = address - start;
        if (length < size || Long.compareUnsigned(offset, length - size) > 0) {
            if (!move(address, size)) {
                return false;
            }
            offset = 0;
        }
        into[index] = switch (size) {
            case 1 -> window.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
            case 2 -> window.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0xffffL;
            case 4 -> window.get(ValueLayout.JAVA_INT_UNALIGNED, offset) & 0xffffffffL;
            default -> window.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        };
        return true;
    }

    private boolean move(long address, int size) {
        start = address;
        length = memory.readSome(address, window);
        return length >= size;
    }
}
