package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Section;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.LongStream;

/**
 * Where exceptions land in the code of an object: what the call-site tables of its functions say, which frame description
 * entries point to ({@code .gcc_except_table}; the Itanium C++ ABI's "Exception Handling Tables", section 2.2, as GCC and
 * LLVM write them for all their languages):
 *
 * <pre>
 *   u8 encoding, start of landing pads    (the function's start where the encoding is ff)
 *   u8 encoding, uleb offset of the types (no offset where the encoding is ff)
 *   u8 encoding, uleb length in bytes     of the call sites, each:
 *      start, length, landing pad (0: none), uleb action
 * </pre>
 *
 * Immutable, and independent of the file it was made of.
 */
public final class LandingPads {
    private final long[] sorted;
    private final boolean complete;

    private LandingPads(long[] sorted, boolean complete) {
        this.sorted = sorted;
        this.complete = complete;
    }

    /**
     * Those of an object.
     *
     * @param functions of the same file
     */
    public static LandingPads of(ElfFile file, FunctionRanges functions) {
        List<LongStream> found = new ArrayList<>();
        boolean complete = true;
        for (int i = 0; i < functions.count(); i++) {
            if (functions.handlers(i) != 0) {
                try {
                    found.add(read(table(file, new LinkAddress(functions.handlers(i))), functions.handlers(i),
                            functions.start(i)));
                } catch (MalformedElfException unreadable) {
                    complete = false;
                }
            }
        }
        return new LandingPads(found.stream().flatMapToLong(pads -> pads).sorted().distinct().toArray(), complete);
    }

    /** The bytes from a table on, to the end of its section. */
    private static ByteCursor table(ElfFile file, LinkAddress place) {
        Section section = file.sections().stream()
                .filter(candidate -> candidate.isAllocated() && candidate.hasBytes()
                        && Long.compareUnsigned(place.value() - candidate.address().value(), candidate.size()) < 0)
                .findFirst().orElseThrow(() -> new MalformedElfException(file.name(), place.value(),
                        "a table of exception handlers in a section", place.toString()));
        return file.data(section).position(place.value() - section.address().value());
    }

    private static LongStream read(ByteCursor cursor, long table, long function) {
        long section = table - cursor.position();
        int startEncoding = cursor.u8();
        long start = startEncoding == PointerEncoding.OMITTED
                ? function
                : PointerEncoding.read(cursor, startEncoding, section);
        if (cursor.u8() != PointerEncoding.OMITTED) {
            cursor.uleb128();
        }
        int encoding = cursor.u8();
        long end = cursor.uleb128() + cursor.position();
        LongStream.Builder pads = LongStream.builder();
        while (cursor.position() < end) {
            PointerEncoding.readValue(cursor, encoding);
            PointerEncoding.readValue(cursor, encoding);
            long pad = PointerEncoding.readValue(cursor, encoding);
            cursor.uleb128();
            if (pad != 0) {
                pads.add(start + pad);
            }
        }
        return pads.build();
    }

    /** Whether all tables could be read; where not, there may be more. */
    public boolean isComplete() {
        return complete;
    }

    /** How many there are. */
    public int count() {
        return sorted.length;
    }

    /** The first one at an address or behind it, and before another one. */
    public OptionalLong within(LinkAddress from, LinkAddress to) {
        int at = Arrays.binarySearch(sorted, from.value());
        int next = at < 0 ? -at - 1 : at;
        return next < sorted.length && sorted[next] < to.value() ? OptionalLong.of(sorted[next]) : OptionalLong.empty();
    }

    /** Their link addresses, in ascending order. */
    public LongStream addresses() {
        return Arrays.stream(sorted);
    }
}
