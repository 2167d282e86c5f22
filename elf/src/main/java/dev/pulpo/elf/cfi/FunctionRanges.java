package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SortedAddresses;
import dev.pulpo.elf.dwarf.AddressRange;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The begin and the end of an object's functions, from its call frame information, which stripped files still have. A
 * part of a function that the compiler has moved counts as a function. Immutable, and independent of the file.
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
     * The ranges of an object; empty without call frame information. Malformed entries are left out.
     *
     * @throws dev.pulpo.elf.MalformedElfException if the entries cannot be told apart
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

    /** The link address of a function's table of exception handlers, 0 if it has none. */
    long handlers(int index) {
        return handlers[index];
    }

    /** The table of exception handlers (LSDA) of the function that begins at a link address; empty if it has none. */
    public Optional<LinkAddress> handlersOf(LinkAddress function) {
        int at = Arrays.binarySearch(starts, function.value());
        return at < 0 || handlers[at] == 0 ? Optional.empty() : Optional.of(new LinkAddress(handlers[at]));
    }

    /** The range that contains an address. */
    public Optional<AddressRange> containing(LinkAddress place) {
        return below(place).filter(range -> range.contains(place));
    }

    /** The range that begins at an address. */
    public Optional<AddressRange> startingAt(LinkAddress place) {
        return below(place).filter(range -> range.start().equals(place));
    }

    /** The last range that begins at an address or before it. */
    public Optional<AddressRange> below(LinkAddress place) {
        int at = SortedAddresses.floor(starts, place.value());
        return at < 0
                ? Optional.empty()
                : Optional.of(new AddressRange(new LinkAddress(starts[at]), new LinkAddress(ends[at])));
    }

    /** Where they begin, in ascending order. */
    public long[] starts() {
        return Arrays.copyOf(starts, starts.length);
    }
}
