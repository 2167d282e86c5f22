package dev.pulpo.engine.registry;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Retention;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A patch record as bytes, little-endian; its length is a multiple of eight:
 *
 * <pre>
 *    0  u32 length of the record     u32 kind, 3, or 4 if it declares anything (1 had no gates; 2 had no transaction link, and
 *                                    its strings at 128)
 *    8  u64 state                    rewritten
 *   16  u64 sequence                 u64 seconds of the epoch, u32 nanoseconds, u32 number of functions
 *   40  u8  id[32]
 *   72  u64 handle, bias, start, end
 *  104  u64 address and size of the trampolines
 *  120  u32 mark
 *  124  u32 1 if the patch stays loaded in any case, rewritten
 *  128  u64 transaction
 *  136  u64 transaction that removes the patch, rewritten
 *  144  u64 commit mark, rewritten
 *  152  u64 PID namespace, u32 number of members, 4 bytes of padding
 *       of the kind 4:
 *  168  u64 before_apply, after_apply, before_revert, after_revert: the addresses of callbacks, or 0
 *  200  u64 progress of the callbacks, rewritten
 *  208  u32 number of shadow ids, u32 number of states
 *  216  u64 shadow ids; states: u64 id, u64 version
 *       of both kinds:
 *       members: u32 pid, 4 bytes of padding, u64 start time
 *       strings: file, target, build-id, comment; each u32 length and as many bytes of UTF-8
 *       u32 number of dependencies, and as many ids of 32 bytes
 *       functions: u64 entry, replacement, site, before, size; string name; u32 length; original bytes; as many of the detour;
 *                  u32 length, the same or 0; bytes that lead to the gate
 * </pre>
 */
final class RecordFormat {
    static final int STATE_OFFSET = 8;
    /** Of the mark and the retention, which are written together. */
    static final int RETENTION_OFFSET = 120;
    static final int REMOVED_BY_OFFSET = 136;
    static final int MARK_OFFSET = 144;
    private static final int RETAINED = 1;
    private static final int KIND_WITHOUT_LINK = 2;
    private static final int KIND_PATCH = 3;
    private static final int KIND_DECLARING = 4;
    static final int PROGRESS_OFFSET = 200;
    /** Of callbacks, their progress, and two counts. */
    private static final int DECLARED_BYTES = 6 * 8;
    private static final int STATE_BYTES = 16;
    private static final int LINK_OFFSET = 128;
    private static final int MEMBERS_OFFSET = 168;
    private static final int MEMBER_BYTES = 16;
    /** The least size of a function: no name, no bytes. */
    private static final int FUNCTION_BYTES = 5 * 8 + 3 * 4;
    /** Limit of a detour's length, and of the distance between entry and site. */
    private static final int MOST_BYTES = 256;
    private static final long MOST_CODE = 1L << 31;
    private static final long MOST_TRAMPOLINES = 64 << 20;
    /** End of the year 9999. */
    private static final long LAST_SECOND = 253_402_300_799L;
    private static final int NANOS_PER_SECOND = 1_000_000_000;

    private RecordFormat() {}

    static byte[] encode(PatchRecord patch) {
        ByteBuffer out = ByteBuffer.allocate(size(patch)).order(ByteOrder.LITTLE_ENDIAN);
        out.putInt(out.capacity()).putInt(isDeclaring(patch) ? KIND_DECLARING : KIND_PATCH)
                .putLong(patch.state().code()).putLong(patch.sequence());
        Instant applied = patch.appliedAt();
        out.putLong(applied.getEpochSecond()).putInt(applied.getNano());
        out.putInt(patch.functions().size()).put(patch.id().bytes());
        out.putLong(patch.handle().value()).putLong(patch.bias());
        out.putLong(patch.start().value()).putLong(patch.end().value());
        out.putLong(patch.trampolines().start().value()).putLong(patch.trampolines().bytes());
        out.putLong(retention(patch.mark(), patch.retention()));
        TransactionLink link = patch.link();
        out.putLong(link.transaction()).putLong(link.removedBy()).putLong(link.mark().code()).putLong(link.namespace());
        out.putInt(link.members().size()).putInt(0);
        if (isDeclaring(patch)) {
            putDeclared(out, patch.declared());
        }
        link.members().forEach(member -> out.putInt(member.pid()).putInt(0).putLong(member.startTime()));
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

    /** A record that declares nothing is of the kind that older tools know. */
    private static boolean isDeclaring(PatchRecord patch) {
        return !patch.declared().equals(Declared.NOTHING);
    }

    private static void putDeclared(ByteBuffer out, Declared declared) {
        for (Callback callback : Callback.values()) {
            out.putLong(declared.callbacks().functions().getOrDefault(callback, RemoteAddress.NULL).value());
        }
        out.putLong(declared.callbacks().progress());
        out.putInt(declared.shadows().size()).putInt(declared.states().size());
        declared.shadows().forEach(out::putLong);
        declared.states().forEach(state -> out.putLong(state.id()).putLong(Integer.toUnsignedLong(state.version())));
    }

    /** The eight bytes at {@link #RETENTION_OFFSET}. */
    static long retention(int mark, Retention retention) {
        return (retention == Retention.ALWAYS ? (long) RETAINED << Integer.SIZE : 0) | mark & 0xffff_ffffL;
    }

    private static int size(PatchRecord patch) {
        int declared = isDeclaring(patch) ? size(patch.declared()) : 0;
        int size = MEMBERS_OFFSET + declared + MEMBER_BYTES * patch.link().members().size() + stringSize(patch.file())
                + stringSize(patch.target()) + stringSize(patch.buildId())
                + stringSize(patch.comment()) + 4 + PatchId.BYTES * patch.dependencies().size();
        for (FunctionRecord function : patch.functions()) {
            size += 5 * 8 + stringSize(function.name()) + 4 + 2 * function.original().length + 4
                    + function.gate().length;
        }
        return size + 7 & -8;
    }

    private static int size(Declared declared) {
        return DECLARED_BYTES + Long.BYTES * declared.shadows().size() + STATE_BYTES * declared.states().size();
    }

    private static int stringSize(String text) {
        return 4 + RawText.encode(text).length;
    }

    private static void putString(ByteBuffer out, String text) {
        byte[] bytes = RawText.encode(text);
        out.putInt(bytes.length).put(bytes);
    }

    /**
     * Reads the record at the buffer's position and moves the position after it; empty where the bytes are no valid record.
     * The process may have written anything there, so each number is checked before use: counts against the bytes that are
     * left, addresses and sizes against the limits of a process.
     */
    static Optional<PatchRecord> decode(ByteBuffer in) {
        int start = in.position();
        int limit = in.limit();
        try {
            int length = in.getInt();
            int kind = in.getInt();
            if (length < LINK_OFFSET || length > limit - start || length % Long.BYTES != 0
                    || kind != KIND_PATCH && kind != KIND_DECLARING && kind != KIND_WITHOUT_LINK) {
                return Optional.empty();
            }
            // A record must not read beyond its end.
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
        // The mode byte is in the trampolines' memory.
        require(mark == 0 || !trampolines.isEmpty(), "mark without gates", mark);
        // Other bits may have a meaning for later tools.
        Retention retention = (in.getInt() & RETAINED) == 0 ? Retention.WHILE_REACHABLE : Retention.ALWAYS;
        Declared declared = kind == KIND_DECLARING
                ? declared(in.duplicate().order(ByteOrder.LITTLE_ENDIAN)
                        .position(in.position() + MEMBERS_OFFSET - LINK_OFFSET))
                : Declared.NOTHING;
        TransactionLink link = kind == KIND_WITHOUT_LINK
                ? TransactionLink.OLD
                : link(in, kind == KIND_DECLARING ? size(declared) : 0);
        String file = string(in);
        String target = string(in);
        String buildId = string(in);
        // It may have several lines.
        String comment = RawText.decodeLines(bytes(in, in.getInt()));
        List<PatchId> dependencies = new ArrayList<>();
        for (int i = count(in, in.getInt(), PatchId.BYTES); i > 0; i--) {
            dependencies.add(new PatchId(bytes(in, PatchId.BYTES)));
        }
        List<FunctionRecord> functions = new ArrayList<>();
        // The functions of an unloaded patch are not needed any more, and may be many. A record that tells how a transaction
        // ended is read in full.
        boolean over = state == PatchRecord.State.UNLOADED && link.mark() != TransactionLink.Mark.DECIDED;
        for (int i = 0; i < count && !over; i++) {
            functions.add(function(in));
        }
        return new PatchRecord(state, sequence, appliedAt, id, handle, bias, first, end, trampolines, mark, retention,
                link, file, target, buildId, comment, dependencies, functions, declared);
    }

    private static Declared declared(ByteBuffer in) {
        Map<Callback, RemoteAddress> functions = new EnumMap<>(Callback.class);
        for (Callback callback : Callback.values()) {
            RemoteAddress function = address(in);
            if (!function.isNull()) {
                functions.put(callback, function);
            }
        }
        Callbacks callbacks = new Callbacks(functions, in.getLong());
        int shadows = in.getInt();
        int states = in.getInt();
        require(shadows >= 0 && shadows <= Declared.MOST, "number of shadow ids", shadows);
        require(states >= 0 && states <= Declared.MOST, "number of states", states);
        List<Long> ids = new ArrayList<>();
        for (int i = 0; i < shadows; i++) {
            ids.add(in.getLong());
        }
        List<Declared.State> versions = new ArrayList<>();
        for (int i = 0; i < states; i++) {
            versions.add(new Declared.State(in.getLong(), (int) in.getLong()));
        }
        return new Declared(callbacks, ids, versions);
    }

    private static void require(boolean holds, String what, long value) {
        if (!holds) {
            throw new IllegalArgumentException("no record has " + what + " " + value);
        }
    }

    /** Checks a count of items that take at least so many bytes each. */
    private static int count(ByteBuffer in, int count, int least) {
        require(count >= 0 && count <= in.remaining() / least, "count", count);
        return count;
    }

    /** A time within the range of calendars. */
    private static Instant instant(long seconds, int nanoseconds) {
        require(seconds >= 0 && seconds <= LAST_SECOND && nanoseconds >= 0 && nanoseconds < NANOS_PER_SECOND, "time",
                seconds);
        return Instant.ofEpochSecond(seconds, nanoseconds);
    }

    private static PatchRecord.State state(long code) {
        return Arrays.stream(PatchRecord.State.values()).filter(known -> known.code() == code).findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no state has the number " + code));
    }

    /** @param declared how many bytes there are before the members */
    private static TransactionLink link(ByteBuffer in, int declared) {
        long transaction = in.getLong();
        long removedBy = in.getLong();
        long code = in.getLong();
        TransactionLink.Mark mark = Arrays.stream(TransactionLink.Mark.values()).filter(known -> known.code() == code)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no mark has the number " + code));
        long namespace = in.getLong();
        Set<TransactionLink.Member> members = new LinkedHashSet<>();
        int count = in.getInt();
        in.getInt();
        if (declared > in.remaining()) {
            throw new BufferUnderflowException();
        }
        in.position(in.position() + declared);
        count(in, count, MEMBER_BYTES);
        require(count <= TransactionLink.MOST_MEMBERS && (count == 0 || transaction != 0), "number of members", count);
        for (int i = 0; i < count; i++) {
            int pid = in.getInt();
            require(pid > 0, "member with the id", pid);
            in.getInt();
            members.add(new TransactionLink.Member(pid, in.getLong()));
        }
        return new TransactionLink(transaction, removedBy, mark, namespace, List.copyOf(members), true);
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
