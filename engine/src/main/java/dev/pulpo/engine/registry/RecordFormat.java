package dev.pulpo.engine.registry;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchId;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A patch record as bytes, little-endian, a multiple of eight long:
 *
 * <pre>
 *    0  u32 length of the record     u32 kind, 3 (1 had no gates; 2 had no ties, and its strings at 128)
 *    8  u64 state                    rewritten
 *   16  u64 sequence                 u64 seconds of the epoch, u32 nanoseconds, u32 number of functions
 *   40  u8  id[32]
 *   72  u64 handle, bias, start, end
 *  104  u64 address and size of the trampolines
 *  120  u32 mark, and 4 bytes of nothing
 *  128  u64 transaction
 *  136  u64 leaving                  rewritten
 *  144  u64 how far the transaction is known to be, rewritten
 *  152  u64 PID namespace, u32 number of members, and 4 bytes of nothing
 *  168  members: u32 pid, and 4 bytes of nothing, u64 start time
 *       strings: file, target, build-id, comment; each u32 length and as many bytes of UTF-8
 *       u32 number of dependencies, and as many ids of 32 bytes
 *       functions: u64 entry, replacement, site, before, size; string name; u32 length; original bytes; as many of the detour;
 *                  u32 length, the same or 0; bytes that lead to the gate
 * </pre>
 */
final class RecordFormat {
    static final int STATE_OFFSET = 8;
    static final int LEAVING_OFFSET = 136;
    static final int MARK_OFFSET = 144;
    private static final int KIND_WITHOUT_TIES = 2;
    private static final int KIND_PATCH = 3;
    private static final int TIES = 128;
    private static final int MEMBERS = 168;
    private static final int MEMBER_BYTES = 16;
    /** A function without a name, and with no bytes. */
    private static final int FUNCTION_BYTES = 5 * 8 + 3 * 4;
    /** More bytes than any detour has, and than lie between an entry and the bytes that change. */
    private static final int MOST_BYTES = 256;
    private static final long MOST_CODE = 1L << 31;
    private static final long MOST_TRAMPOLINES = 64 << 20;
    /** Of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;
    private static final int NANOS_PER_SECOND = 1_000_000_000;

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
        Ties ties = patch.ties();
        out.putLong(ties.transaction()).putLong(ties.leaving()).putLong(ties.mark().code()).putLong(ties.namespace());
        out.putInt(ties.members().size()).putInt(0);
        ties.members().forEach(member -> out.putInt(member.pid()).putInt(0).putLong(member.startTime()));
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
        int size = MEMBERS + MEMBER_BYTES * patch.ties().members().size() + stringSize(patch.file())
                + stringSize(patch.target()) + stringSize(patch.buildId())
                + stringSize(patch.comment()) + 4 + PatchId.BYTES * patch.dependencies().size();
        for (FunctionRecord function : patch.functions()) {
            size += 5 * 8 + stringSize(function.name()) + 4 + 2 * function.original().length + 4
                    + function.gate().length;
        }
        return size + 7 & -8;
    }

    private static int stringSize(String text) {
        return 4 + RawText.encode(text).length;
    }

    private static void putString(ByteBuffer out, String text) {
        byte[] bytes = RawText.encode(text);
        out.putInt(bytes.length).put(bytes);
    }

    /**
     * The record that begins here; empty where the bytes are none, or say what cannot be. The buffer goes on behind it. The
     * bytes are the process's, so each number is checked before anything is done with it: counts against the bytes that are
     * there, addresses and sizes against what a process can have.
     */
    static Optional<PatchRecord> decode(ByteBuffer in) {
        int start = in.position();
        int limit = in.limit();
        try {
            int length = in.getInt();
            int kind = in.getInt();
            if (length < TIES || length > limit - start || length % Long.BYTES != 0
                    || kind != KIND_PATCH && kind != KIND_WITHOUT_TIES) {
                return Optional.empty();
            }
            // Nothing of a record lies beyond its end.
            in.limit(start + length);
            PatchRecord patch = patch(in, kind);
            in.limit(limit).position(start + length);
            return Optional.of(patch);
        } catch (BufferUnderflowException | IllegalArgumentException damaged) {
            return Optional.empty();
        }
    }

    private static PatchRecord patch(ByteBuffer in, int kind) {
        PatchRecord.State state = state(in.getLong());
        long sequence = in.getLong();
        require(sequence > 0 && sequence < Long.MAX_VALUE, "number", sequence);
        Instant appliedAt = instant(in.getLong(), in.getInt());
        int count = count(in, in.getInt(), FUNCTION_BYTES);
        PatchId id = new PatchId(bytes(in, PatchId.BYTES));
        RemoteAddress handle = address(in);
        long bias = in.getLong();
        RemoteAddress first = address(in);
        RemoteAddress end = address(in);
        require(first.isNull() && end.isNull() || first.hasRoomFor(end.minus(first)), "end", end.value());
        TrampolineBlock trampolines = new TrampolineBlock(address(in), in.getLong());
        require(trampolines.isEmpty() || trampolines.bytes() <= MOST_TRAMPOLINES
                && trampolines.start().hasRoomFor(trampolines.bytes()), "size of trampolines", trampolines.bytes());
        int mark = in.getInt();
        // What the gates obey lies among the trampolines.
        require(mark == 0 || !trampolines.isEmpty(), "mark without gates", mark);
        in.getInt();
        Ties ties = kind == KIND_PATCH ? ties(in) : Ties.OLD;
        String file = string(in);
        String target = string(in);
        String buildId = string(in);
        // For people, and of several lines.
        String comment = RawText.decodeLines(bytes(in, in.getInt()));
        List<PatchId> dependencies = new ArrayList<>();
        for (int i = count(in, in.getInt(), PatchId.BYTES); i > 0; i--) {
            dependencies.add(new PatchId(bytes(in, PatchId.BYTES)));
        }
        List<FunctionRecord> functions = new ArrayList<>();
        // Of what has been unloaded nobody asks any more what it replaced, and there may be a lot of it. But a record that
        // tells how a transaction ended is kept as it is.
        boolean over = state == PatchRecord.State.UNLOADED && ties.mark() != Ties.Mark.DECIDED;
        for (int i = 0; i < count && !over; i++) {
            functions.add(function(in));
        }
        return new PatchRecord(state, sequence, appliedAt, id, handle, bias, first, end, trampolines, mark, ties, file,
                target, buildId, comment, dependencies, functions);
    }

    private static void require(boolean holds, String what, long value) {
        if (!holds) {
            throw new IllegalArgumentException("no record has " + what + " " + value);
        }
    }

    /** A count of things that take so many bytes each, if they can be there. */
    private static int count(ByteBuffer in, int count, int least) {
        require(count >= 0 && count <= in.remaining() / least, "count", count);
        return count;
    }

    /** A time that calendars can show. */
    private static Instant instant(long seconds, int nanoseconds) {
        require(seconds >= 0 && seconds <= LAST_SECOND && nanoseconds >= 0 && nanoseconds < NANOS_PER_SECOND, "time",
                seconds);
        return Instant.ofEpochSecond(seconds, nanoseconds);
    }

    private static PatchRecord.State state(long code) {
        return Arrays.stream(PatchRecord.State.values()).filter(known -> known.code() == code).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no state has the number " + code));
    }

    private static Ties ties(ByteBuffer in) {
        long transaction = in.getLong();
        long leaving = in.getLong();
        long code = in.getLong();
        Ties.Mark mark = Arrays.stream(Ties.Mark.values()).filter(known -> known.code() == code).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no mark has the number " + code));
        long namespace = in.getLong();
        Set<Ties.Member> members = new LinkedHashSet<>();
        int count = in.getInt();
        in.getInt();
        count(in, count, MEMBER_BYTES);
        require(count <= Ties.MOST_MEMBERS && (count == 0 || transaction != 0), "number of members", count);
        for (int i = 0; i < count; i++) {
            int pid = in.getInt();
            require(pid > 0, "member with the id", pid);
            in.getInt();
            members.add(new Ties.Member(pid, in.getLong()));
        }
        return new Ties(transaction, leaving, mark, namespace, List.copyOf(members), true);
    }

    private static FunctionRecord function(ByteBuffer in) {
        RemoteAddress entry = address(in);
        RemoteAddress replacement = address(in);
        RemoteAddress site = address(in);
        RemoteAddress before = address(in);
        long size = in.getLong();
        require(size >= 0 && size <= MOST_CODE && entry.hasRoomFor(size) && entry.hasRoomFor(MOST_BYTES), "size",
                size);
        require(Math.abs(site.minus(entry)) <= MOST_BYTES && site.hasRoomFor(MOST_BYTES), "site", site.value());
        String name = string(in);
        int length = in.getInt();
        require(length > 0 && length <= MOST_BYTES, "length of code", length);
        byte[] original = bytes(in, length);
        byte[] detour = bytes(in, original.length);
        byte[] gate = bytes(in, in.getInt());
        return new FunctionRecord(name, entry, replacement, site, original, detour, gate, before, size);
    }

    private static RemoteAddress address(ByteBuffer in) {
        return new RemoteAddress(in.getLong());
    }

    private static String string(ByteBuffer in) {
        return RawText.decode(bytes(in, in.getInt()));
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
