package dev.pulpo.engine.registry;

import dev.pulpo.engine.Retention;
import dev.pulpo.engine.TargetDamagedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The records of a process, read from the stub's registry without a stop. A record is appended first and published by one
 * store of the used length. Afterwards only its state and parts of its {@link TransactionLink} change, each by one store of
 * eight bytes. So a reader sees whole records, and a killed writer leaves whole records. Writers exclude each other by
 * {@link dev.pulpo.ffm.ProcessLock}.
 *
 * @param pid      the process
 * @param stub     state of its stub when the registry was read
 * @param records  in the order of writing
 * @param replaced functions that patches in force replace, by entry; the oldest patch of each first
 */
public record Registry(int pid, StubState stub, List<StoredRecord> records,
        Map<RemoteAddress, List<Replaced>> replaced) {
    private Registry(int pid, StubState stub, List<StoredRecord> records) {
        this(pid, stub, List.copyOf(records), byEntry(records));
    }

    /**
     * A record and its address.
     *
     * @param address in the process
     */
    public record StoredRecord(RemoteAddress address, PatchRecord patch) {
        /** Identifies the record, also after the registry has moved. */
        public long number() {
            return patch.sequence();
        }

        /** Whether the numbers are equal, whatever the states and addresses. */
        @Override
        public boolean equals(@Nullable Object other) {
            return other instanceof StoredRecord record && record.number() == number();
        }

        @Override
        public int hashCode() {
            return Long.hashCode(number());
        }
    }

    /**
     * A function that a patch in force replaces.
     *
     * @param by the record of the patch
     */
    public record Replaced(StoredRecord by, FunctionRecord function) {}

    /** Limits of the registry: the time of some work grows faster than linearly with these. */
    static final int MOST_RECORDS = 4096;
    static final int MOST_FUNCTIONS = 100_000;

    /** How often a registry may move during a read. Tools rarely move it: only when it is full. */
    private static final int MOST_MOVES = 16;

    /** Size of a new place, in multiples of the records that move there. */
    private static final long SPARE = 4;

    /** Reads the registry; the caller holds the {@link dev.pulpo.ffm.ProcessLock}, so it cannot move meanwhile. */
    public static Registry readLocked(int pid, TargetMemory memory, RemoteAddress stubAddress) {
        StubState stub = StubState.read(pid, memory, stubAddress);
        if (stub.registry().used() == 0 && stub.registry().size() > 0 && read(memory, stub, 1).isEmpty()) {
            // An unreadable registry must show before anything is loaded.
            throw damaged(pid, stub, 0);
        }
        return decode(pid, stub, bytes(memory, stub).orElseThrow(() -> damaged(pid, stub, 0)));
    }

    /**
     * Reads the registry without the lock. If it is empty, its place is not read: the loader maps the stub before it
     * relocates it, and until then the state contains link addresses.
     *
     * @throws TargetUnreadableException where it is damaged, or moves again and again
     */
    public static Registry read(int pid, TargetMemory memory, RemoteAddress stubAddress) {
        StubState stub = StubState.read(pid, memory, stubAddress);
        for (int moves = 0; moves < MOST_MOVES; moves++) {
            Optional<byte[]> bytes = bytes(memory, stub);
            StubState afterwards = StubState.read(pid, memory, stubAddress);
            if (afterwards.registry().start().equals(stub.registry().start())) {
                return decode(pid, stub, bytes.orElseThrow(() -> damaged(pid, afterwards, 0)));
            }
            // Another tool has moved it meanwhile; its old place may have been reused.
            stub = afterwards;
        }
        throw new TargetUnreadableException(pid,
                "the registry of its stub cannot be read, because it moves all the time: "
                        + "the state at " + stubAddress + " named another place for it each of " + MOST_MOVES
                        + " times");
    }

    /** The bytes of the records; empty where they cannot be read. */
    private static Optional<byte[]> bytes(TargetMemory memory, StubState stub) {
        return read(memory, stub, (int) stub.registry().used());
    }

    private static Optional<byte[]> read(TargetMemory memory, StubState stub, int count) {
        try {
            return Optional.of(memory.bytes(stub.registry().start(), count));
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            return Optional.empty();
        }
    }

    private static Registry decode(int pid, StubState stub, byte[] bytes) {
        List<StoredRecord> records = new ArrayList<>();
        int functions = 0;
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int at = in.position();
            PatchRecord patch = RecordFormat.decode(in).orElseThrow(() -> damaged(pid, stub, at));
            records.add(new StoredRecord(stub.registry().start().plus(at), patch));
            functions += patch.functions().size();
            if (records.size() > MOST_RECORDS || functions > MOST_FUNCTIONS) {
                throw new TargetUnreadableException(pid, "the registry of its stub, at " + stub.registry().start()
                        + ", is too large to be read: more than " + MOST_RECORDS + " records, or more than "
                        + MOST_FUNCTIONS + " functions in them");
            }
        }
        return new Registry(pid, stub, records);
    }

    private static TargetDamagedException damaged(int pid, StubState stub, long offset) {
        return new TargetDamagedException(pid,
                "the registry of its stub, at " + stub.registry().start() + ", holds no record at "
                        + offset + " where one should begin: something has written over it");
    }

    /** The number of the next record. */
    public long nextSequence() {
        return 1 + records.stream().mapToLong(record -> record.patch().sequence()).max().orElse(0);
    }

    /** Patches in force, oldest first. */
    public List<StoredRecord> active() {
        return in(records, PatchRecord.State.ACTIVE);
    }

    /** Patches in this state, oldest first. */
    public List<StoredRecord> in(PatchRecord.State state) {
        return in(records, state);
    }

    private static List<StoredRecord> in(List<StoredRecord> records, PatchRecord.State state) {
        return records.stream().filter(record -> record.patch().state() == state)
                .sorted(Comparator.comparingLong(record -> record.patch().sequence())).toList();
    }

    private static Map<RemoteAddress, List<Replaced>> byEntry(List<StoredRecord> records) {
        Map<RemoteAddress, List<Replaced>> functions = new TreeMap<>();
        in(records, PatchRecord.State.ACTIVE).forEach(record -> record.patch().functions()
                .forEach(function -> functions.computeIfAbsent(function.entry(), first -> new ArrayList<>(1))
                        .add(new Replaced(record, function))));
        return Collections.unmodifiableMap(functions);
    }

    /** The functions in force by entry: the newest patch of each wins. */
    public Map<RemoteAddress, FunctionRecord> functionsInForce() {
        Map<RemoteAddress, FunctionRecord> newest = new TreeMap<>();
        replaced.forEach((entry, functions) -> newest.put(entry, functions.getLast().function()));
        return Collections.unmodifiableMap(newest);
    }

    /** The patch in transition; there is at most one. */
    public Optional<StoredRecord> transition() {
        return in(PatchRecord.State.TRANSITION).stream().findFirst();
    }

    /** Patches that a dead tool left half done. */
    public List<StoredRecord> halfDone() {
        return records.stream().filter(record -> record.patch().state().isHalfDone()).toList();
    }

    /** Patches of decided transactions of several processes that may have members which do not know the decision. */
    public List<StoredRecord> unsettled() {
        return records.stream().filter(record -> record.patch().link().mark() == TransactionLink.Mark.DECIDED).toList();
    }

    /** The record with this number. */
    public Optional<StoredRecord> numbered(long sequence) {
        return records.stream().filter(record -> record.patch().sequence() == sequence).findFirst();
    }

    /** The registry with these records in other states. */
    public Registry in(Map<StoredRecord, PatchRecord.State> states) {
        return new Registry(pid, stub, records.stream().map(record -> new StoredRecord(record.address(),
                record.patch().in(states.getOrDefault(record, record.patch().state())))).toList());
    }

    /** The function's record in its newest patch in force. */
    public Optional<FunctionRecord> inForce(RemoteAddress entry) {
        return Optional.ofNullable(replaced.get(entry)).map(functions -> functions.getLast().function());
    }

    /** The newest patch in force that replaces the function at an entry. */
    public Optional<PatchRecord> patchInForce(RemoteAddress entry) {
        return Optional.ofNullable(replaced.get(entry)).map(functions -> functions.getLast().by().patch());
    }

    /**
     * The bytes at the entry once a patch is out of force: the detour of the function's newest other patch, or the original.
     *
     * @param function of that patch
     */
    public byte[] bytesWithout(StoredRecord without, FunctionRecord function) {
        return bytesWithout(List.of(without), function);
    }

    /** As {@link #bytesWithout(StoredRecord, FunctionRecord)}, for several patches. */
    public byte[] bytesWithout(Collection<StoredRecord> without, FunctionRecord function) {
        return newestWithout(without, function.entry()).map(FunctionRecord::detour).orElseGet(function::original);
    }

    /** The function's record in its newest patch in force other than these. */
    public Optional<FunctionRecord> newestWithout(Collection<StoredRecord> without, RemoteAddress entry) {
        return replaced.getOrDefault(entry, List.of()).reversed().stream()
                .filter(other -> !without.contains(other.by())).findFirst().map(Replaced::function);
    }

    /**
     * Appends a record.
     *
     * @return the record; empty where the registry is full and must {@linkplain #moveAndAppend move}
     */
    public Optional<StoredRecord> append(TargetMemory memory, PatchRecord patch) {
        byte[] bytes = encoded(patch);
        if (stub.registry().used() + bytes.length > Math.min(stub.registry().size(), StubState.MOST_REGISTRY_BYTES)
                || !hasRoom(records, patch)) {
            return Optional.empty();
        }
        RemoteAddress at = stub.registry().start().plus(stub.registry().used());
        memory.write(at, bytes);
        memory.writeLongs(stub.field(StubLayout.REGISTRY_USED), stub.registry().used() + bytes.length);
        return Optional.of(new StoredRecord(at, patch));
    }

    /** An unreadable record would make the whole registry unreadable. */
    private static byte[] encoded(PatchRecord patch) {
        byte[] bytes = RecordFormat.encode(patch);
        if (RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).isEmpty()) {
            throw new IllegalArgumentException("the record of patch " + patch.id().shortForm() + " of " + patch.target()
                    + " is beyond what a registry holds");
        }
        return bytes;
    }

    private static boolean hasRoom(List<StoredRecord> records, PatchRecord patch) {
        return records.size() < MOST_RECORDS
                && records.stream().mapToInt(record -> record.patch().functions().size()).sum()
                        + patch.functions().size() <= MOST_FUNCTIONS;
    }

    /** Maps memory of the target for the registry. */
    public interface Room {
        /** Maps readable and writable memory of at least this size. */
        RemoteAddress map(long bytes);

        /** Unmaps such memory, but no memory of the stub. */
        void unmap(RemoteAddress address, long bytes);
    }

    /**
     * Moves the registry: copies the records that are still needed, appends one, publishes address, size and length by one
     * write, and unmaps the old place. All addresses change: the registry must be read again.
     *
     * @throws TargetUnreadableException where the result would exceed the limits; nothing is changed
     */
    public void moveAndAppend(TargetMemory memory, PatchRecord patch, Room room) {
        List<StoredRecord> staying = records.stream()
                .filter(record -> record.patch().state() != PatchRecord.State.UNLOADED
                        || record.patch().link().mark() == TransactionLink.Mark.DECIDED)
                .toList();
        List<byte[]> kept = new ArrayList<>(
                staying.stream().map(record -> RecordFormat.encode(record.patch())).toList());
        kept.add(encoded(patch));
        int used = kept.stream().mapToInt(bytes -> bytes.length).sum();
        if (used > StubState.MOST_REGISTRY_BYTES || !hasRoom(staying, patch)) {
            throw new TargetUnreadableException(pid,
                    "the registry of its stub has no room for another record: there are "
                            + staying.size() + " of " + used + " bytes; take back patches that are not needed");
        }
        long size = Math.max(SPARE * used, stub.registry().size());
        RemoteAddress place = room.map(size);
        if (!place.hasRoomFor(size) || (place.value() & 7) != 0) {
            // The process can have changed the result of the borrowed call.
            throw new TargetUnreadableException(pid,
                    "a new place for the registry of its stub was asked for, of " + size
                            + " bytes, and the answer was " + place);
        }
        ByteBuffer all = ByteBuffer.allocate(used);
        kept.forEach(all::put);
        memory.write(place, all.array());
        ByteBuffer fields = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(place.value()).putLong(size).putLong(used);
        memory.write(stub.field(StubLayout.REGISTRY), fields.array());
        room.unmap(stub.registry().start(), stub.registry().size());
    }

    public static void setState(TargetMemory memory, StoredRecord record, PatchRecord.State state) {
        memory.writeLongs(stateField(record), state.code());
    }

    /**
     * Writes which transaction is to remove a patch; has no effect on a record of an older format, which lacks the field.
     */
    public static void setRemovedBy(TargetMemory memory, StoredRecord record, long transaction) {
        if (record.patch().link().kept()) {
            memory.writeLongs(record.address().plus(RecordFormat.REMOVED_BY_OFFSET), transaction);
        }
    }

    /** Writes how long a patch stays loaded once it is out of force. */
    public static void setRetention(TargetMemory memory, StoredRecord record, Retention retention) {
        memory.writeLongs(record.address().plus(RecordFormat.RETENTION_OFFSET),
                RecordFormat.retention(record.patch().mark(), retention));
    }

    /** Writes how far the callbacks of a patch that has some are; for a borrowed thread's time. */
    public static void setProgress(TargetMemory memory, StoredRecord record, long progress) {
        memory.writeLongs(progressField(record), progress);
    }

    /** Address of the progress of the callbacks of a patch that has some. */
    public static RemoteAddress progressField(StoredRecord record) {
        return record.address().plus(RecordFormat.PROGRESS_OFFSET);
    }

    public static void setMark(TargetMemory memory, StoredRecord record, TransactionLink.Mark mark) {
        memory.writeLongs(markField(record), mark.code());
    }

    /** Address of a record's commit mark. */
    public static RemoteAddress markField(StoredRecord record) {
        return record.address().plus(RecordFormat.MARK_OFFSET);
    }

    /** A mark as stored at {@link #markField}. */
    public static long markCode(TransactionLink.Mark mark) {
        return mark.code();
    }

    /** Address of a record's state. */
    public static RemoteAddress stateField(StoredRecord record) {
        return record.address().plus(RecordFormat.STATE_OFFSET);
    }

    /** A state as stored at {@link #stateField}. */
    public static long stateCode(PatchRecord.State state) {
        return state.code();
    }
}
