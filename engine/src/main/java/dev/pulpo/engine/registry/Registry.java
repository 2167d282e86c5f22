package dev.pulpo.engine.registry;

import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
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

/**
 * The patches of a process, read from the stub's registry without stopping anything. Records are appended and published by
 * one store of the used length; afterwards only their state changes, by one store of eight bytes, and what {@link Ties} say of
 * how it is reached. So a reader sees whole
 * records, and a writer that is killed leaves whole records behind. Writers exclude each other by
 * {@link dev.pulpo.ffm.ProcessLock}.
 *
 * @param pid     the process
 * @param stub    its stub, as it was when the registry was read
 * @param entries the records, in the order in which they were written
 * @param replaced what patches in force replace, by entry; the oldest patch of each first
 */
public record Registry(int pid, StubState stub, List<Entry> entries,
        Map<RemoteAddress, List<Replaced>> replaced) {
    private Registry(int pid, StubState stub, List<Entry> entries) {
        this(pid, stub, List.copyOf(entries), byEntry(entries));
    }

    /**
     * A record and where it lies.
     *
     * @param address of the record in the process
     */
    public record Entry(RemoteAddress address, PatchRecord patch) {}

    /**
     * A function that a patch in force replaces.
     *
     * @param by the patch
     */
    public record Replaced(Entry by, FunctionRecord function) {}

    /** How many records there may be, and how many functions they may have: some work takes longer than these grow. */
    static final int MOST_RECORDS = 4096;
    static final int MOST_FUNCTIONS = 100_000;

    /** How often a registry may move while it is read. Tools move it when it is full, which is rare. */
    private static final int MOST_MOVES = 16;

    /** How many times the records that are kept fit into a new place, so that it is not needed again soon. */
    private static final long SPARE = 4;

    /** Reads the registry under the {@link dev.pulpo.ffm.ProcessLock}, so that nobody can move it meanwhile. */
    public static Registry readLocked(int pid, TargetMemory memory, RemoteAddress stubAddress) {
        StubState stub = StubState.read(pid, memory, stubAddress);
        if (stub.registryUsed() == 0 && stub.registrySize() > 0 && read(memory, stub, 1).isEmpty()) {
            // Where nothing can be read nothing can be recorded; better to know before anything is loaded.
            throw damaged(pid, stub, 0);
        }
        return decode(pid, stub, bytes(memory, stub).orElseThrow(() -> damaged(pid, stub, 0)));
    }

    /**
     * Reads the registry. Of one that holds nothing the place is not looked at: the loader maps the stub before it relocates
     * it, and until then its state names link addresses.
     *
     * @throws TargetUnreadableException where it makes no sense, or moves all the time
     */
    public static Registry read(int pid, TargetMemory memory, RemoteAddress stubAddress) {
        StubState stub = StubState.read(pid, memory, stubAddress);
        for (int moves = 0; moves < MOST_MOVES; moves++) {
            Optional<byte[]> bytes = bytes(memory, stub);
            StubState afterwards = StubState.read(pid, memory, stubAddress);
            if (afterwards.registry().equals(stub.registry())) {
                return decode(pid, stub, bytes.orElseThrow(() -> damaged(pid, afterwards, 0)));
            }
            // Another tool has moved it meanwhile, and the place where it was may be anybody's by now.
            stub = afterwards;
        }
        throw new TargetUnreadableException(pid,
                "the registry of its stub cannot be read, because it moves all the time: "
                        + "the state at " + stubAddress + " named another place for it each of " + MOST_MOVES
                        + " times");
    }

    /** What stands where the records are; empty where nothing can be read. */
    private static Optional<byte[]> bytes(TargetMemory memory, StubState stub) {
        return read(memory, stub, (int) stub.registryUsed());
    }

    private static Optional<byte[]> read(TargetMemory memory, StubState stub, int count) {
        try {
            return Optional.of(memory.bytes(stub.registry(), count));
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            return Optional.empty();
        }
    }

    private static Registry decode(int pid, StubState stub, byte[] bytes) {
        List<Entry> entries = new ArrayList<>();
        int functions = 0;
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (in.hasRemaining()) {
            int at = in.position();
            PatchRecord patch = RecordFormat.decode(in).orElseThrow(() -> damaged(pid, stub, at));
            entries.add(new Entry(stub.registry().plus(at), patch));
            functions += patch.functions().size();
            if (entries.size() > MOST_RECORDS || functions > MOST_FUNCTIONS) {
                throw new TargetUnreadableException(pid, "the registry of its stub, at " + stub.registry()
                        + ", is too large to be read: more than " + MOST_RECORDS + " records, or more than "
                        + MOST_FUNCTIONS + " functions in them");
            }
        }
        return new Registry(pid, stub, entries);
    }

    private static TargetUnreadableException damaged(int pid, StubState stub, long offset) {
        return new TargetUnreadableException(pid,
                "the registry of its stub, at " + stub.registry() + ", holds no record at "
                        + offset + " where one should begin: something has written over it");
    }

    /** The number for the next patch. */
    public long nextSequence() {
        return 1 + entries.stream().mapToLong(entry -> entry.patch().sequence()).max().orElse(0);
    }

    /** Patches in force, oldest first. */
    public List<Entry> active() {
        return in(entries, PatchRecord.State.ACTIVE);
    }

    /** Patches in this state, oldest first. */
    public List<Entry> in(PatchRecord.State state) {
        return in(entries, state);
    }

    private static List<Entry> in(List<Entry> entries, PatchRecord.State state) {
        return entries.stream().filter(entry -> entry.patch().state() == state)
                .sorted(Comparator.comparingLong(entry -> entry.patch().sequence())).toList();
    }

    private static Map<RemoteAddress, List<Replaced>> byEntry(List<Entry> entries) {
        Map<RemoteAddress, List<Replaced>> functions = new TreeMap<>();
        in(entries, PatchRecord.State.ACTIVE).forEach(entry -> entry.patch().functions()
                .forEach(function -> functions.computeIfAbsent(function.entry(), first -> new ArrayList<>(1))
                        .add(new Replaced(entry, function))));
        return Collections.unmodifiableMap(functions);
    }

    /** All functions that patches in force replace, by entry; the newest patch of each wins. */
    public Map<RemoteAddress, FunctionRecord> functionsInForce() {
        Map<RemoteAddress, FunctionRecord> newest = new TreeMap<>();
        replaced.forEach((entry, functions) -> newest.put(entry, functions.getLast().function()));
        return Collections.unmodifiableMap(newest);
    }

    /** The patch to which, or from which, threads change one after the other; there is one at most. */
    public Optional<Entry> transition() {
        return in(PatchRecord.State.TRANSITION).stream().findFirst();
    }

    /** Patches that a tool which died has left half done. */
    public List<Entry> halfDone() {
        return entries.stream().filter(entry -> entry.patch().state().isHalfDone()).toList();
    }

    /** Patches that have come with others in several processes, of which some may not know yet that it is decided. */
    public List<Entry> unsettled() {
        return entries.stream().filter(entry -> entry.patch().ties().mark() == Ties.Mark.DECIDED).toList();
    }

    /** The record with this number. */
    public Optional<Entry> numbered(long sequence) {
        return entries.stream().filter(entry -> entry.patch().sequence() == sequence).findFirst();
    }

    /** What it will be when these records are in other states. */
    Registry in(Map<Entry, PatchRecord.State> states) {
        return new Registry(pid, stub, entries.stream().map(entry -> new Entry(entry.address(),
                entry.patch().in(states.getOrDefault(entry, entry.patch().state())))).toList());
    }

    /** The record of a function in the newest patch in force that replaces it. */
    public Optional<FunctionRecord> inForce(RemoteAddress entry) {
        return Optional.ofNullable(replaced.get(entry)).map(functions -> functions.getLast().function());
    }

    /**
     * The bytes that belong at an entry once {@code without} is out of force: the detour of the newest other patch of the
     * function, or the original ones.
     *
     * @param function of that patch
     */
    public byte[] bytesWithout(Entry without, FunctionRecord function) {
        return bytesWithout(List.of(without), function);
    }

    /** As {@link #bytesWithout(Entry, FunctionRecord)}, for several patches that go together. */
    public byte[] bytesWithout(Collection<Entry> without, FunctionRecord function) {
        return newestWithout(without, function.entry()).map(FunctionRecord::detour).orElseGet(function::original);
    }

    /** The record of a function in the newest patch in force, other than these, that replaces it. */
    public Optional<FunctionRecord> newestWithout(Collection<Entry> without, RemoteAddress entry) {
        return replaced.getOrDefault(entry, List.of()).reversed().stream()
                .filter(other -> !without.contains(other.by())).findFirst().map(Replaced::function);
    }

    /**
     * Appends a record.
     *
     * @return where it lies; empty where the registry is full, and has to {@linkplain #moveAndAppend move}
     */
    public Optional<Entry> append(TargetMemory memory, PatchRecord patch) {
        byte[] bytes = encoded(patch);
        if (stub.registryUsed() + bytes.length > Math.min(stub.registrySize(), StubState.MOST_REGISTRY_BYTES)
                || !hasRoom(entries, patch)) {
            return Optional.empty();
        }
        RemoteAddress at = stub.registry().plus(stub.registryUsed());
        write(memory, at, bytes);
        writeLong(memory, stub.field(StubLayout.REGISTRY_USED), stub.registryUsed() + bytes.length);
        return Optional.of(new Entry(at, patch));
    }

    /** A record that could not be read back would make the whole registry unreadable. */
    private static byte[] encoded(PatchRecord patch) {
        byte[] bytes = RecordFormat.encode(patch);
        if (RecordFormat.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN)).isEmpty()) {
            throw new IllegalArgumentException("the record of patch " + patch.id().shortForm() + " of " + patch.target()
                    + " is beyond what a registry holds");
        }
        return bytes;
    }

    private static boolean hasRoom(List<Entry> entries, PatchRecord patch) {
        return entries.size() < MOST_RECORDS
                && entries.stream().mapToInt(entry -> entry.patch().functions().size()).sum()
                        + patch.functions().size() <= MOST_FUNCTIONS;
    }

    /** Memory of the target, for the records. */
    public interface Room {
        /** Maps memory that reads and writes, of so many bytes at least. */
        RemoteAddress map(long bytes);

        /** Gives memory back that was mapped so; none that belongs to the stub itself. */
        void unmap(RemoteAddress address, long bytes);
    }

    /**
     * Copies what is still of interest to a new place, appends a record there, publishes place, size and use by one write, and
     * gives the old place back. All entries lie elsewhere then: the registry has to be read again.
     *
     * @throws TargetUnreadableException where nobody could read the registry with that record; nothing is changed then
     */
    public void moveAndAppend(TargetMemory memory, PatchRecord patch, Room room) {
        List<Entry> staying = entries.stream().filter(entry -> entry.patch().state() != PatchRecord.State.UNLOADED
                || entry.patch().ties().mark() == Ties.Mark.DECIDED).toList();
        List<byte[]> kept = new ArrayList<>(staying.stream().map(entry -> RecordFormat.encode(entry.patch())).toList());
        kept.add(encoded(patch));
        int used = kept.stream().mapToInt(bytes -> bytes.length).sum();
        if (used > StubState.MOST_REGISTRY_BYTES || !hasRoom(staying, patch)) {
            throw new TargetUnreadableException(pid,
                    "the registry of its stub has no room for another record: there are "
                            + staying.size() + " of " + used + " bytes; take back patches that are not needed");
        }
        long size = Math.max(SPARE * used, stub.registrySize());
        RemoteAddress place = room.map(size);
        if (!place.hasRoomFor(size) || (place.value() & 7) != 0) {
            // What a borrowed thread returns the process can have changed.
            throw new TargetUnreadableException(pid,
                    "a new place for the registry of its stub was asked for, of " + size
                            + " bytes, and the answer was " + place);
        }
        ByteBuffer all = ByteBuffer.allocate(used);
        kept.forEach(all::put);
        write(memory, place, all.array());
        ByteBuffer fields = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        fields.putLong(place.value()).putLong(size).putLong(used);
        write(memory, stub.field(StubLayout.REGISTRY), fields.array());
        room.unmap(stub.registry(), stub.registrySize());
    }

    /** Changes the state of a record. */
    public static void setState(TargetMemory memory, Entry entry, PatchRecord.State state) {
        writeLong(memory, stateField(entry), state.code());
    }

    /** Notes with which others a patch is to go, as long as it has not gone; nothing where its record has no room for it. */
    public static void setLeaving(TargetMemory memory, Entry entry, long transaction) {
        if (entry.patch().ties().kept()) {
            writeLong(memory, entry.address().plus(RecordFormat.LEAVING_OFFSET), transaction);
        }
    }

    /** Notes how far the transaction of a patch is. */
    public static void setMark(TargetMemory memory, Entry entry, Ties.Mark mark) {
        writeLong(memory, markField(entry), mark.code());
    }

    /** Where it is noted how far the transaction of a patch is. */
    public static RemoteAddress markField(Entry entry) {
        return entry.address().plus(RecordFormat.MARK_OFFSET);
    }

    /** A mark as it is written to {@link #markField}. */
    public static long markCode(Ties.Mark mark) {
        return mark.code();
    }

    /** Where a record's state is. */
    public static RemoteAddress stateField(Entry entry) {
        return entry.address().plus(RecordFormat.STATE_OFFSET);
    }

    /** A state as it is written to {@link #stateField}. */
    public static long stateCode(PatchRecord.State state) {
        return state.code();
    }

    private static void write(TargetMemory memory, RemoteAddress to, byte[] bytes) {
        try (Arena arena = Arena.ofConfined()) {
            memory.write(to, arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes));
        }
    }

    private static void writeLong(TargetMemory memory, RemoteAddress to, long value) {
        try (Arena arena = Arena.ofConfined()) {
            memory.write(to, arena.allocateFrom(ValueLayout.JAVA_LONG, value));
        }
    }
}
