package dev.pulpo.elf;

import java.util.PrimitiveIterator;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.NoSuchElementException;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * The packed relative relocations of {@code DT_RELR} (gABI, "Relative Relocation Table"): places to which the loader adds
 * the load bias. The stored values are the addends. Thread-safe.
 */
public final class RelativeRelocations {
    private static final int ENTRY_SIZE = 8;
    /** Bit 0 marks a word as a bitmap. */
    private static final int PLACES_PER_BITMAP = 63;

    private final ByteTable entries;
    private final int most;

    /** @param most how many places there may be */
    RelativeRelocations(ByteTable entries, int most) {
        this.entries = entries;
        this.most = most;
    }

    /** How many words the table has; a word represents up to 63 places. */
    public long words() {
        return entries.size() / ENTRY_SIZE;
    }

    /** The places, in the order of the table; unpacked on demand. */
    public Stream<LinkAddress> places() {
        return StreamSupport
                .stream(Spliterators.spliteratorUnknownSize(new Places(entries, most), Spliterator.ORDERED), false)
                .map(LinkAddress::new);
    }

    @Override
    public String toString() {
        return words() + " words of packed relocations";
    }

    private static final class Places implements PrimitiveIterator.OfLong {
        private final ByteTable entries;
        private final int most;
        private int given;
        private long at;
        /** The remaining bits; bit 0 represents {@link #place}. */
        private long bitmap;
        private long place;
        /** The place that bit 1 of the next bitmap represents. */
        private long next;

        Places(ByteTable entries, int most) {
            this.entries = entries;
            this.most = most;
        }

        @Override
        public boolean hasNext() {
            while (bitmap == 0 && at + ENTRY_SIZE <= entries.size()) {
                long word = entries.i64(at);
                if ((word & 1) != 0) {
                    if (at == 0) {
                        throw entries.malformed(0, "an address", "a bitmap");
                    }
                    bitmap = word >>> 1;
                    place = next;
                    next += PLACES_PER_BITMAP * (long) ENTRY_SIZE;
                } else {
                    bitmap = 1;
                    place = word;
                    next = word + ENTRY_SIZE;
                }
                at += ENTRY_SIZE;
            }
            return bitmap != 0;
        }

        @Override
        public long nextLong() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            ReadLimits.check(entries.source(), entries.base() + at, ++given, most, "relative relocations");
            int zeros = Long.numberOfTrailingZeros(bitmap);
            long found = place + zeros * (long) ENTRY_SIZE;
            bitmap = bitmap >>> zeros >>> 1;
            place = found + ENTRY_SIZE;
            return found;
        }
    }
}
