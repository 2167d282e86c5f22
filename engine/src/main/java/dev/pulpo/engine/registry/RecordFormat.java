package dev.pulpo.engine.registry;

import dev.pulpo.engine.PatchId;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A patch record as bytes, little-endian, a multiple of eight long:
 *
 * <pre>
 *    0  u32 length of the record     u32 kind, 2 (1 had no gates)
 *    8  u64 state                    the only part that is ever rewritten
 *   16  u64 sequence                 u64 seconds of the epoch, u32 nanoseconds, u32 number of functions
 *   40  u8  id[32]
 *   72  u64 handle, bias, start, end
 *  104  u64 address and size of the trampolines
 *  120  u32 mark, and 4 bytes of nothing
 *  128  strings: file, target, build-id, comment; each u32 length and as many bytes of UTF-8
 *       u32 number of dependencies, and as many ids of 32 bytes
 *       functions: u64 entry, replacement, site, before, size; string name; u32 length; original bytes; as many of the detour;
 *                  u32 length, the same or 0; bytes that lead to the gate
 * </pre>
 */
final class RecordFormat {
    static final int STATE_OFFSET = 8;
    private static final int KIND_PATCH = 2;
    private static final int STRINGS = 128;

    private RecordFormat() {}

    static byte[] encode(PatchRecord patch) {
        ByteBuffer out = ByteBuffer.allocate(size(patch)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(out.capacity()).putInt(KIND_PATCH).putLong(patch.state().code()).putLong(patch.sequence());
        Instant applied = patch.appliedAt();
        out.putLong(applied.getEpochSecond()).putInt(applied.getNano());
        out.putInt(patch.functions().size()).put(patch.id().bytes());
        out.putLong(patch.handle().value()).putLong(patch.bias());
        out.putLong(patch.start().value()).putLong(patch.end().value());
        out.putLong(patch.trampolines().start().value()).putLong(patch.trampolines().bytes());
        out.putInt(patch.mark()).putInt(0);
        putString(out, patch.file());
        putString(out, patch.target());
        putString(out, patch.buildId());
        putString(out, patch.comment());
        out.putInt(patch.dependencies().size());
        patch.dependencies().forEach(id -> out.put(id.bytes()));
        for (FunctionRecord function : patch.functions()) {
            out.putLong(function.entry().value()).putLong(function.replacement().value());
            out.putLong(function.site().value()).putLong(function.before().value()).putLong(function.size());
            putString(out, function.name());
            out.putInt(function.original().length).put(function.original()).put(function.detour());
            out.putInt(function.gate().length).put(function.gate());
        }
        return out.array();
    }

    private static int size(PatchRecord patch) {
        int size = STRINGS + stringSize(patch.file()) + stringSize(patch.target()) + stringSize(patch.buildId())
                + stringSize(patch.comment()) + 4 + PatchId.BYTES * patch.dependencies().size();
        for (FunctionRecord function : patch.functions()) {
            size += 5 * 8 + stringSize(function.name()) + 4 + 2 * function.original().length + 4
                    + function.gate().length;
        }
        return size + 7 & -8;
    }

    private static int stringSize(String text) {
        return 4 + text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static void putString(ByteBuffer out, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.putInt(bytes.length).put(bytes);
    }

    /** The record that begins here; empty where the bytes are none. The buffer goes on behind it. */
    static Optional<PatchRecord> decode(ByteBuffer in) {
        int start = in.position();
        try {
            int length = in.getInt();
            if (length < STRINGS || length > in.capacity() - start || in.getInt() != KIND_PATCH) {
                return Optional.empty();
            }
            Optional<PatchRecord.State> state = state(in.getLong());
            long sequence = in.getLong();
            Instant appliedAt = Instant.ofEpochSecond(in.getLong(), in.getInt());
            int count = in.getInt();
            PatchId id = new PatchId(bytes(in, PatchId.BYTES));
            RemoteAddress handle = address(in);
            long bias = in.getLong();
            RemoteAddress first = address(in);
            RemoteAddress end = address(in);
            TrampolineBlock trampolines = new TrampolineBlock(address(in), in.getLong());
            int mark = in.getInt();
            in.getInt();
            String file = string(in);
            String target = string(in);
            String buildId = string(in);
            String comment = string(in);
            List<PatchId> dependencies = new ArrayList<>();
            for (int i = in.getInt(); i > 0; i--) {
                dependencies.add(new PatchId(bytes(in, PatchId.BYTES)));
            }
            List<FunctionRecord> functions = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                functions.add(function(in));
            }
            in.position(start + length);
            return state
                    .map(known -> new PatchRecord(known, sequence, appliedAt, id, handle, bias, first, end,
                            trampolines, mark, file, target, buildId, comment, dependencies, functions));
        } catch (BufferUnderflowException | IllegalArgumentException | java.time.DateTimeException damaged) {
            return Optional.empty();
        }
    }

    private static Optional<PatchRecord.State> state(long code) {
        for (PatchRecord.State state : PatchRecord.State.values()) {
            if (state.code() == code) {
                return Optional.of(state);
            }
        }
        return Optional.empty();
    }

    private static FunctionRecord function(ByteBuffer in) {
        RemoteAddress entry = address(in);
        RemoteAddress replacement = address(in);
        RemoteAddress site = address(in);
        RemoteAddress before = address(in);
        long size = in.getLong();
        String name = string(in);
        byte[] original = bytes(in, in.getInt());
        byte[] detour = bytes(in, original.length);
        byte[] gate = bytes(in, in.getInt());
        return new FunctionRecord(name, entry, replacement, site, original, detour, gate, before, size);
    }

    private static RemoteAddress address(ByteBuffer in) {
        return new RemoteAddress(in.getLong());
    }

    private static String string(ByteBuffer in) {
        return new String(bytes(in, in.getInt()), StandardCharsets.UTF_8);
    }

    private static byte[] bytes(ByteBuffer in, int length) {
        if (length < 0 || length > in.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        in.get(bytes);
        return bytes;
    }
}
