package dev.pulpo.engine.apply;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Small reads of a process's memory. */
public final class Bytes {
    private Bytes() {}

    /** @throws dev.pulpo.ffm.SystemCallException where it is not mapped */
    public static byte[] read(TraceeMemory memory, RemoteAddress address, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            memory.read(address, bytes);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
