package dev.pulpo.elf;

import java.util.Objects;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Relocations with addends, 24 bytes each, read when they are asked for. Safe for several threads. */
public final class RelocationTable {
    private static final int ENTRY_SIZE = 24;

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

    /** Those that change one of the bytes in a range, found without making an object for each of the others. */
    Stream<Relocation> within(LinkAddress start, long length) {
        return LongStream.range(0, size()).filter(
                i -> Long.compareUnsigned(entries.i64(i * ENTRY_SIZE) - start.value(), length) < 0).mapToObj(this::get);
    }

    @Override
    public String toString() {
        return size() + " relocations";
    }
}
