package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.DataMemory;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.LongUnaryOperator;

/**
 * The memory of a process as values of one of its objects need it.
 *
 * @param threadLocals the remote addresses of thread-local variables, by their offsets in the object's block
 */
record ObjectMemory(TraceeMemory memory, LoadedObject object, LongUnaryOperator threadLocals) implements DataMemory {
    @Override
    public boolean read(long address, byte[] into) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, into.length));
            boolean whole = memory.readSome(address, bytes.asSlice(0, into.length)) == into.length;
            MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, into, 0, whole ? into.length : 0);
            return whole;
        }
    }

    @Override
    public long loadBias() {
        return object.bias();
    }

    @Override
    public long threadLocal(long offset) {
        return threadLocals.applyAsLong(offset);
    }
}
