package dev.pulpo.engine.registry;

import dev.pulpo.engine.BytesTarget;
import dev.pulpo.engine.PatchId;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.stub.StubLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;

/** A stub's state in bytes, as the stub begins, and records for it. */
public final class StubBytes {
    public static final RemoteAddress STATE = new RemoteAddress(0x1_0000);
    public static final long CODE = 0x2_0000;
    public static final long STACK = 0x10_0000;
    public static final long REGISTRY = 0x40_0000;
    public static final long RING = 0x50_0000;
    public static final int REGISTRY_BYTES = 4096;
    public static final int RING_BYTES = 256;

    private StubBytes() {}

    /** The state, whose registry holds these bytes. */
    public static byte[] state(int used) {
        ByteBuffer state = ByteBuffer.allocate(StubLayout.STATE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        state.put(StubLayout.MAGIC.getBytes(StandardCharsets.US_ASCII));
        state.putInt(StubLayout.VERSION, StubLayout.CURRENT_VERSION).putInt(StubLayout.SIZE, StubLayout.STATE_BYTES);
        for (int field : new int[]{StubLayout.CALL, StubLayout.ANNOUNCED, StubLayout.LOAD, StubLayout.UNLOAD,
                StubLayout.SYSCALL, StubLayout.TLS_MODULE, StubLayout.TLS_DESCRIPTOR, StubLayout.RESOLVE,
                StubLayout.CALLBACK, StubLayout.DROP, StubLayout.RUNTIME, StubLayout.SHADOW_IDS}) {
            state.putLong(field, CODE);
        }
        state.putLong(StubLayout.STACK, STACK).putLong(StubLayout.STACK_SIZE, 96 * 1024);
        state.putLong(StubLayout.REGISTRY, REGISTRY).putLong(StubLayout.REGISTRY_SIZE, REGISTRY_BYTES);
        state.putLong(StubLayout.REGISTRY_USED, used);
        state.putLong(StubLayout.RING, RING).putLong(StubLayout.RING_SIZE, RING_BYTES);
        return state.array();
    }

    /** A process with such a stub. */
    public static BytesTarget target(byte[]... records) {
        ByteBuffer registry = ByteBuffer.allocate(REGISTRY_BYTES);
        Arrays.stream(records).forEach(registry::put);
        return new BytesTarget().put(STATE.value(), state(registry.position())).put(REGISTRY, registry.array())
                .put(RING, new byte[RING_BYTES]);
    }

    /** A process with such a stub and these records. */
    public static BytesTarget with(PatchRecord... records) {
        return target(Arrays.stream(records).map(RecordFormat::encode).toArray(byte[][]::new));
    }

    /** A patch of a function. */
    public static PatchRecord record(long sequence, TransactionLink link) {
        RemoteAddress address = new RemoteAddress(CODE);
        byte[] id = new byte[PatchId.BYTES];
        Arrays.fill(id, (byte) sequence);
        FunctionRecord function = new FunctionRecord("f", address, address.plus(64), address.plus(-14),
                new byte[]{1, 2, 3}, new byte[]{4, 5, 6}, new byte[0], RemoteAddress.NULL, 80);
        return new PatchRecord(PatchRecord.State.ACTIVE, sequence, Instant.ofEpochSecond(1_000_000, 5),
                new PatchId(id), address, 0x1000, address, address.plus(4096), TrampolineBlock.NONE, 0, link, "fix.so",
                "libx.so", "abcd", "why", List.of(new PatchId(id)), List.of(function));
    }
}
