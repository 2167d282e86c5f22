package dev.pulpo.engine.plan;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The memory of a process for one plan, read in large pieces: functions lie close together, and a thousand small reads take
 * longer than a few large ones. Not thread-safe.
 */
final class MemoryWindow {
    private static final int PIECE = 16 * 1024;
    private static final long PAGE = 4096;

    private final TargetMemory memory;
    private final NavigableMap<Long, byte[]> pieces = new TreeMap<>();

    MemoryWindow(TargetMemory memory) {
        this.memory = memory;
    }

    /**
     * Reads bytes.
     *
     * @throws dev.pulpo.ffm.SystemCallException where not all of them are mapped
     */
    byte[] read(RemoteAddress address, int length) {
        byte[] bytes = new byte[length];
        for (int done = 0; done < length;) {
            long at = address.value() + done;
            Map.Entry<Long, byte[]> piece = pieceWith(at);
            int from = (int) (at - piece.getKey());
            int count = Math.min(length - done, piece.getValue().length - from);
            if (count <= 0) {
                return readDirectly(address, length);
            }
            System.arraycopy(piece.getValue(), from, bytes, done, count);
            done += count;
        }
        return bytes;
    }

    /** The piece with an address, or one from the beginning of its page; empty where nothing is mapped. */
    private Map.Entry<Long, byte[]> pieceWith(long address) {
        Map.Entry<Long, byte[]> below = pieces.floorEntry(address);
        if (below != null && address - below.getKey() < below.getValue().length) {
            return below;
        }
        long page = address & -PAGE;
        // If the page is known, nothing is mapped at the address.
        return Map.entry(page, pieces.computeIfAbsent(page, this::piece));
    }

    private byte[] readDirectly(RemoteAddress address, int length) {
        return memory.bytes(address, length);
    }

    /** The mapped beginning of a piece. */
    private byte[] piece(long start) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(PIECE);
            long length = memory.readSome(new RemoteAddress(start), bytes);
            return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }
}
