package dev.pulpo.engine.registry;

import dev.pulpo.engine.ShadowVariables;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** How many shadow variables a process has, as its stub counts them. */
public final class ShadowCounts {
    private ShadowCounts() {}

    /**
     * The counts, by id. The process goes on meanwhile.
     *
     * @throws TargetUnreadableException where the state of the stub names other memory
     */
    public static List<ShadowVariables> read(int pid, TargetMemory memory, StubState stub) {
        ByteBuffer counts = ByteBuffer.wrap(bytes(pid, memory, stub)).order(ByteOrder.LITTLE_ENDIAN);
        List<ShadowVariables> found = new ArrayList<>();
        while (counts.hasRemaining()) {
            ShadowVariables one = new ShadowVariables(counts.getLong(), counts.getLong(), counts.getLong());
            if (one.count() != 0) {
                found.add(one);
            }
        }
        found.sort(Comparator.comparing(ShadowVariables::id, Long::compareUnsigned));
        return found;
    }

    private static byte[] bytes(int pid, TargetMemory memory, StubState stub) {
        try {
            return memory.bytes(stub.shadowIds(), StubLayout.MOST_SHADOW_IDS * StubLayout.SHADOW_ID_BYTES);
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            throw new TargetUnreadableException(pid, "the counts of shadow variables of its stub, at "
                    + stub.shadowIds() + ", cannot be read", unreadable);
        }
    }
}
