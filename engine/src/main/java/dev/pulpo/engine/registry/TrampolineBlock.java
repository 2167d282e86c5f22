package dev.pulpo.engine.registry;

import dev.pulpo.ffm.RemoteAddress;

/**
 * Memory near a target that holds the trampolines of one patch.
 *
 * @param start first address; the null address where there is none
 * @param bytes how much; 0 where there is none
 */
public record TrampolineBlock(RemoteAddress start, long bytes) {
    /** No memory at all. */
    public static final TrampolineBlock NONE = new TrampolineBlock(RemoteAddress.NULL, 0);

    public boolean isEmpty() {
        return bytes == 0;
    }

    /** First address behind it. */
    public RemoteAddress end() {
        return start.plus(bytes);
    }
}
