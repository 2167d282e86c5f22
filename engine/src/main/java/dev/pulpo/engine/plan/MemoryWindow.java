package dev.pulpo.engine.plan;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;

/**
 * The memory of a process as it was when a plan looked at it, read in large pieces: functions lie close together, and a
 * thousand small reads take longer than a few large ones. For one plan; not thread-safe.
 */
final class MemoryWindow {
    private static final int PIECE = 16 * 1024;

    private final TraceeMemory memory;
    private final Map<Long, byte[]> pieces = new HashMap<>();

    MemoryWindow(TraceeMemory memory) {
        this.memory = memory;
    }

    /**
     * Some bytes.
     *
     * @throws dev.pulpo.ffm.SystemCallException where not all of them are mapped
     */
    byte[] read(RemoteAddress address, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;) {
            long at = address.value() + done;
            byte[] piece = pieces.computeIfAbsent(at & -PIECE, this::piece);
            int from = (int) (at & PIECE - 1);
            int count = Math.min(length - done, piece.length - from);
            if (count <= 0) {
                return readDirectly(address, length);
            }
            System.arraycopy(piece, from, bytes, done, count);
            done += count;
        }
        return bytes;
    }

    private byte[] readDirectly(RemoteAddress address, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            memory.read(address, bytes);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** As much of a piece as is mapped from its beginning on. */
    private byte[] piece(long start) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(PIECE);
            long length = memory.readSome(new RemoteAddress(start), bytes);
            return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
