package dev.pulpo.engine.registry;

import dev.pulpo.ffm.RemoteAddress;

/**
 * The memory near a target with the trampolines of one patch.
 *
 * @param start first address; the null address for none
 * @param bytes size; 0 for none
 */
public record TrampolineBlock(RemoteAddress start, long bytes) {
    /** No memory. */
    public static final TrampolineBlock NONE = new TrampolineBlock(RemoteAddress.NULL, 0);

    public boolean isEmpty() {
        return bytes == 0;
    }

    /** First address after it. */
    public RemoteAddress end() {
        return start.plus(bytes);
    }
}
