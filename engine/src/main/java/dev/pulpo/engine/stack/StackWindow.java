package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.StackMemory;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The memory of a stopped process, read a few pages at a time and remembered, since the frames of a stack lie close together.
 * Allocates nothing once it is made. Not thread-safe.
 */
public final class StackWindow implements StackMemory {
    private static final int BYTES = 8192;

    private final TargetMemory memory;
    private final MemorySegment window;
    private MemorySegment bytes;
    private long start;
    private long length;

    public StackWindow(TargetMemory memory, Arena arena) {
        this.memory = memory;
        window = arena.allocate(BYTES, 8);
        bytes = window;
    }

    /** Forgets what was read: the process has run since. */
    public void forget() {
        length = 0;
    }

    /**
     * Takes what somebody has read already.
     *
     * @param address where it was read
     * @param read    holds it from its beginning on, until the next {@link #forget}
     */
    void adopt(long address, MemorySegment read, long byteCount) {
        bytes = read;
        start = address;
        length = byteCount;
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
            case 1 -> bytes.get(ValueLayout.JAVA_BYTE, offset) & 0xffL;
            case 2 -> bytes.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0xffffL;
            case 4 -> bytes.get(ValueLayout.JAVA_INT_UNALIGNED, offset) & 0xffffffffL;
            default -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, offset);
        };
        return true;
    }

    private boolean move(long address, int size) {
        bytes = window;
        start = address;
        length = memory.readSome(address, window);
        return length >= size;
    }
}
