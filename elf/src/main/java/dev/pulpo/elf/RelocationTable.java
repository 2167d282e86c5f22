package dev.pulpo.elf;

import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Relocations with addends, 24 bytes each, read on demand. Thread-safe. */
public final class RelocationTable {
    static final int ENTRY_SIZE = 24;

    private final ByteTable entries;

    RelocationTable(ByteTable entries) {
        this.entries = entries;
    }

    /** How many there are. */
    public long size() {
        return entries.size() / ENTRY_SIZE;
    }

    /**
     * One of them.
     *
     * @throws IndexOutOfBoundsException for a number that is not in {@code 0 … size() - 1}
     */
    public Relocation get(long index) {
        long at = Objects.checkIndex(index, size()) * ENTRY_SIZE;
        return new Relocation(new LinkAddress(entries.i64(at)), new RelocationType(entries.i32(at + 8)),
                entries.i32(at + 12), entries.i64(at + 16));
    }

    /** All of them in their order. */
    public Stream<Relocation> stream() {
        return LongStream.range(0, size()).mapToObj(this::get);
    }

    /** The place that one of them changes, a link address; allocates nothing. */
    public long place(long index) {
        return entries.i64(index * ENTRY_SIZE);
    }

    /** The symbol that one of them refers to; allocates nothing. */
    long symbol(long index) {
        return entries.u32(index * ENTRY_SIZE + 12);
    }

    @Override
    public String toString() {
        return size() + " relocations";
    }
}
