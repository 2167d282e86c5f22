package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Section;
import java.util.Arrays;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.stream.LongStream;

/**
 * Where exceptions land in the code of an object, from the call-site tables of its functions, which frame description
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
 * Immutable, and independent of the file.
 */
public final class LandingPads {
    /** After so many unreadable tables the result is incomplete anyway. */
    private static final int MOST_UNREADABLE = 1000;

    private final long[] sorted;
    private final boolean complete;

    private LandingPads(long[] sorted, boolean complete) {
        this.sorted = sorted;
        this.complete = complete;
    }

    /**
     * The landing pads of an object.
     *
     * @param functions of the same file
     */
    public static LandingPads of(ElfFile file, FunctionRanges functions) {
        NavigableMap<Long, Section> sections = new TreeMap<>(Long::compareUnsigned);
        file.sections().stream().filter(section -> section.isAllocated() && section.hasBytes() && section.size() != 0)
                .forEach(section -> sections.putIfAbsent(section.address().value(), section));
        LongStream.Builder found = LongStream.builder();
        int unreadable = 0;
        // Limits the work: tables may overlap, and each may be as long as the section.
        long left = 2L * file.limits().entries();
        for (int i = 0; i < functions.count() && unreadable < MOST_UNREADABLE && left > 0; i++) {
            if (functions.handlers(i) != 0) {
                try {
                    left -= read(table(file, sections, new LinkAddress(functions.handlers(i))), functions.handlers(i),
                            functions.start(i), left, found);
                } catch (MalformedElfException malformed) {
                    unreadable++;
                }
            }
        }
        return new LandingPads(found.build().sorted().distinct().toArray(), unreadable == 0 && left > 0);
    }

    /** The bytes from a table on, to the end of its section. */
    private static ByteCursor table(ElfFile file, NavigableMap<Long, Section> sections, LinkAddress place) {
        Section section = Optional.ofNullable(sections.floorEntry(place.value())).map(Map.Entry::getValue)
                .filter(found -> found.contains(place))
                .orElseThrow(() -> new MalformedElfException(file.name(), place.value(),
                        "a table of exception handlers in a section", place.toString()));
        return file.data(section).position(place.value() - section.address().value());
    }

    /** Adds the pads of a table; returns how many call sites it has. */
    private static long read(ByteCursor cursor, long table, long function, long most, LongStream.Builder pads) {
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
        long sites = 0;
        while (cursor.position() < end && sites < most) {
            sites++;
            PointerEncoding.readValue(cursor, encoding);
            PointerEncoding.readValue(cursor, encoding);
            long pad = PointerEncoding.readValue(cursor, encoding);
            cursor.uleb128();
            if (pad != 0) {
                pads.add(start + pad);
            }
        }
        return sites;
    }

    /** Whether all tables could be read; if not, there may be more pads. */
    public boolean isComplete() {
        return complete;
    }

    /** How many there are. */
    public int count() {
        return sorted.length;
    }

    /** The first pad at or after an address, and before another address. */
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
