package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.AddressRange;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Where the functions of an object begin and end, by its call frame information: what is left of that in stripped files.
 * A part of a function that the compiler has moved elsewhere counts as one of its own. Immutable, and independent of the
 * file it was made of.
 */
public final class FunctionRanges {
    private final long[] starts;
    private final long[] ends;
    private final long[] handlers;

    private FunctionRanges(List<FunctionEntry> sorted) {
        starts = sorted.stream().mapToLong(FunctionEntry::start).toArray();
        ends = sorted.stream().mapToLong(FunctionEntry::end).toArray();
        handlers = sorted.stream().mapToLong(FunctionEntry::handlers).toArray();
    }

    /**
     * The ranges of an object; none where it has no call frame information. Entries that are malformed inside are left
     * out.
     *
     * @throws dev.pulpo.elf.MalformedElfException where the entries cannot be told apart
     */
    public static FunctionRanges of(ElfFile file) {
        return new FunctionRanges(CfiLoader.functions(file).stream()
                .sorted(Comparator.comparing(FunctionEntry::start, Long::compareUnsigned)).toList());
    }

    /** How many there are. */
    public int count() {
        return starts.length;
    }

    /** Where a function begins. */
    long start(int index) {
        return starts[index];
    }

    /** The link address of a function's table of exception handlers, 0 where it has none. */
    long handlers(int index) {
        return handlers[index];
    }

    /** The range that holds an address. */
    public Optional<AddressRange> containing(LinkAddress place) {
        return below(place).filter(range -> range.contains(place));
    }

    /** The range that begins at an address. */
    public Optional<AddressRange> startingAt(LinkAddress place) {
        return below(place).filter(range -> range.start().equals(place));
    }

    /** The last range that begins at an address or before it. */
    public Optional<AddressRange> below(LinkAddress place) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(starts[middle], place.value()) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high < 0
                ? Optional.empty()
                : Optional.of(new AddressRange(new LinkAddress(starts[high]), new LinkAddress(ends[high])));
    }

    /** Where they begin, in ascending order. */
    public long[] starts() {
        return Arrays.copyOf(starts, starts.length);
    }
}
