package dev.pulpo.engine.code;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.cfi.LandingPads;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.SoftReference;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The functions of an object, and pointers into them, by its file. Made once for a file and kept as long as memory allows.
 * Addresses are link addresses. Thread-safe.
 */
public final class CodeIndex {
    private static final Map<ElfFile, SoftReference<CodeIndex>> KNOWN = new WeakHashMap<>();
    private static final int WORD = 8;

    private final ElfFile elf;
    private final FunctionRanges functions;
    private final StoredCode stored;
    private final LandingPads landingPads;
    private final long[] pointers;
    private final Map<Overwritten, OptionalLong> branches = new ConcurrentHashMap<>();

    /**
     * The beginning of a function that will be overwritten; link addresses.
     *
     * @param start of the function
     * @param end   first address after the function
     * @param to    first address after the overwritten bytes
     */
    public record Overwritten(long start, long end, long to) {
        /** Whether this address must not be branched to: all overwritten bytes but the first, where calls go. */
        public boolean isInside(long address) {
            return address > start && address < to;
        }
    }

    private CodeIndex(ElfFile elf) {
        this.elf = elf;
        functions = FunctionRanges.of(elf);
        stored = new StoredCode(elf);
        landingPads = LandingPads.of(elf, functions);
        pointers = pointersToCode();
    }

    public static CodeIndex of(ElfFile elf) {
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

    public FunctionRanges functions() {
        return functions;
    }

    List<Segment> code() {
        return stored.segments();
    }

    boolean isCode(long address) {
        return stored.isCode(address);
    }

    /** Where exceptions continue in its functions. */
    public LandingPads landingPads() {
        return landingPads;
    }

    /** Earlier results of {@link BranchScan}. */
    Map<Overwritten, OptionalLong> branches() {
        return branches;
    }

    /** An address strictly inside the range that data of the object contains: of a label, or of a second entry. */
    public OptionalLong pointerInto(Overwritten range) {
        int at = Arrays.binarySearch(pointers, range.start() + 1);
        int next = at < 0 ? -at - 1 : at;
        return next < pointers.length && range.isInside(pointers[next])
                ? OptionalLong.of(pointers[next])
                : OptionalLong.empty();
    }

    /** Bytes of the file at a link address; fewer at the end of the segment. */
    public byte[] bytes(long address, long length) {
        return stored.bytes(address, length);
    }

    /** Without the table of patchable entries, which nothing branches through. */
    private long[] pointersToCode() {
        Optional<Section> entries = elf.section(ElfFile.PATCHABLE_ENTRIES);
        LongStream relocated = Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream())
                .filter(relocation -> (relocation.type().equals(RelocationType.RELATIVE)
                        || relocation.type().equals(RelocationType.IRELATIVE))
                        && entries.filter(table -> table.contains(relocation.offset())).isEmpty())
                .mapToLong(relocation -> relocation.addend());
        LongStream packed = elf.relativeRelocations().places()
                .filter(place -> entries.filter(table -> table.contains(place)).isEmpty())
                .mapToLong(place -> stored.word(place.value()));
        boolean fixed = elf.header().type().equals(ObjectType.EXECUTABLE);
        LongStream absolute = fixed ? words() : LongStream.empty();
        return LongStream.concat(LongStream.concat(relocated, packed), absolute).filter(stored::isCode).sorted()
                .distinct().toArray();
    }

    /** In a program linked to a fixed address, any word of data may be a pointer without a relocation. */
    private LongStream words() {
        return elf.sections().stream()
                .filter(section -> section.isAllocated() && !section.isExecutable() && section.hasBytes()
                        && !section.name().equals(ElfFile.PATCHABLE_ENTRIES))
                .flatMapToLong(this::wordsOf);
    }

    private LongStream wordsOf(Section section) {
        ByteCursor cursor = elf.rawData(section);
        MemorySegment bytes = cursor.bytes(cursor.remaining());
        return LongStream.range(0, bytes.byteSize() / WORD)
                .map(i -> bytes.get(ValueLayout.JAVA_LONG_UNALIGNED, i * WORD));
    }
}
