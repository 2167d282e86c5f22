package dev.pulpo.engine.plan;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.cfi.LandingPads;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What the file of an object says of its code as a whole: where functions are, and what points into them. Made once for a
 * file and kept as long as there is memory for it. Addresses are link addresses. Thread-safe.
 */
final class CodeIndex {
    private static final Map<ElfFile, SoftReference<CodeIndex>> KNOWN = new WeakHashMap<>();
    private static final int WORD = 8;

    private final ElfFile elf;
    private final FunctionRanges functions;
    private final List<Segment> loaded;
    private final List<Segment> code;
    private final LandingPads landingPads;
    private final long[] pointers;
    private final Map<Overwritten, OptionalLong> branches = new ConcurrentHashMap<>();

    /**
     * The beginning of a function that is to be overwritten.
     *
     * @param start the function
     * @param end   the address behind it
     * @param to    the address behind the bytes that are overwritten
     */
    record Overwritten(long start, long end, long to) {
        /** Whether it is wrong to go there: everywhere but to the first byte, where calls go. */
        boolean isInside(long address) {
            return address > start && address < to;
        }
    }

    private CodeIndex(ElfFile elf) {
        this.elf = elf;
        functions = FunctionRanges.of(elf);
        loaded = elf.segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD)).toList();
        code = loaded.stream().filter(Segment::isExecutable).toList();
        landingPads = LandingPads.of(elf, functions);
        pointers = pointersToCode();
    }

    static CodeIndex of(ElfFile elf) {
        synchronized (KNOWN) {
            SoftReference<CodeIndex> known = KNOWN.get(elf);
            CodeIndex index = known == null ? null : known.get();
            if (index == null) {
                index = new CodeIndex(elf);
                KNOWN.put(elf, new SoftReference<>(index));
            }
            return index;
        }
    }

    FunctionRanges functions() {
        return functions;
    }

    List<Segment> code() {
        return code;
    }

    boolean isCode(long address) {
        return code.stream().anyMatch(segment -> segment.contains(new LinkAddress(address)));
    }

    /** Where exceptions land in its functions. */
    LandingPads landingPads() {
        return landingPads;
    }

    /** What was found out of a range before, by {@link BranchScan}. */
    Map<Overwritten, OptionalLong> branches() {
        return branches;
    }

    /** An address strictly inside the range that data of the object holds: of a label, or of an entry behind the entry. */
    OptionalLong pointerInto(Overwritten range) {
        int at = Arrays.binarySearch(pointers, range.start() + 1);
        int next = at < 0 ? -at - 1 : at;
        return next < pointers.length && range.isInside(pointers[next])
                ? OptionalLong.of(pointers[next])
                : OptionalLong.empty();
    }

    /** Bytes of the file by their link address; fewer than asked for where the segment ends. */
    byte[] bytes(long address, long length) {
        LinkAddress from = new LinkAddress(address);
        for (Segment segment : loaded) {
            if (segment.contains(from)) {
                return bytes(segment, address, length);
            }
        }
        return new byte[0];
    }

    private byte[] bytes(Segment segment, long address, long length) {
        long stored = segment.address().value() + segment.fileSize() - address;
        return stored <= 0
                ? new byte[0]
                : elf.at(new LinkAddress(address), Math.min(length, stored)).bytes(Math.min(length, stored))
                        .toArray(ValueLayout.JAVA_BYTE);
    }

    private long[] pointersToCode() {
        LongStream relocated = Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream())
                .filter(relocation -> relocation.type().equals(RelocationType.RELATIVE)
                        || relocation.type().equals(RelocationType.IRELATIVE))
                .mapToLong(relocation -> relocation.addend());
        LongStream packed = elf.relativeRelocations().places().mapToLong(this::word);
        boolean fixed = elf.header().type().equals(ObjectType.EXECUTABLE);
        LongStream absolute = fixed ? words() : LongStream.empty();
        return LongStream.concat(LongStream.concat(relocated, packed), absolute).filter(this::isCode).sorted()
                .distinct().toArray();
    }

    private long word(LinkAddress place) {
        try {
            return elf.at(place, WORD).i64();
        } catch (MalformedElfException notStored) {
            // In .bss, where the addend is zero.
            return 0;
        }
    }

    /** In a program that is linked to a fixed address, any word of its data may be a pointer without a relocation. */
    private LongStream words() {
        return elf.sections().stream()
                .filter(section -> section.isAllocated() && !section.isExecutable() && section.hasBytes())
                .flatMapToLong(this::wordsOf);
    }

    private LongStream wordsOf(Section section) {
        ByteCursor cursor = elf.rawData(section);
        MemorySegment bytes = cursor.bytes(cursor.remaining());
        return LongStream.range(0, bytes.byteSize() / WORD)
                .map(i -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, i * WORD));
    }
}
