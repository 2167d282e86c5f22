package dev.pulpo.engine.apply;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;

/** Small reads of a process's memory. */
public final class Bytes {
    private Bytes() {}

    /** @throws dev.pulpo.ffm.SystemCallException where it is not mapped */
    public static byte[] read(TargetMemory memory, RemoteAddress address, int length) {
        return memory.bytes(address, length);
    }
}
