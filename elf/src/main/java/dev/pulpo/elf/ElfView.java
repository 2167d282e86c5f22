package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of an object with its header and segments. Reads link addresses: from a file through its {@code PT_LOAD}
 * segments, from a memory image directly.
 */
final class ElfView {
    /**
     * Says that the source is the memory of a process.
     *
     * @param bias what the dynamic loader added to link addresses; pointers in the dynamic table may include it
     */
    record Image(long bias) {}

    private final ByteSource source;
    private final String name;
    private final @Nullable Image image;
    private final ElfHeader header;
    private final List<Segment> segments;
    private final List<Segment> loads;
    private final ReadLimits limits;
    private final InflatedSections inflated;

    ElfView(ByteSource source, String name, long start, @Nullable Image image, ReadLimits limits,
            InflatedSections.Budget budget) {
        this.source = source;
        this.name = name;
        this.image = image;
        this.limits = limits;
        this.inflated = new InflatedSections(budget);
        this.header = ElfHeader.read(source, name, start, image != null);
        int count = header.programHeaderCount();
        ReadLimits.check(name, header.programHeaders().value(), count, limits.segments(), "program headers");
        ByteCursor cursor = count == 0
                ? ByteTable.empty(name).cursor()
                : atOffset(start + header.programHeaders().value(), (long) count * Segment.ENTRY_SIZE,
                        "program headers");
        List<Segment> all = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            all.add(Segment.read(cursor, i));
        }
        this.segments = List.copyOf(all);
        this.loads = segments.stream().filter(segment -> segment.type().equals(SegmentType.LOAD)).toList();
    }

    ByteSource source() {
        return source;
    }

    String name() {
        return name;
    }

    ReadLimits limits() {
        return limits;
    }

    InflatedSections inflated() {
        return inflated;
    }

    boolean isImage() {
        return image != null;
    }

    ElfHeader header() {
        return header;
    }

    List<Segment> segments() {
        return segments;
    }

    Optional<Segment> segment(SegmentType type) {
        return segments.stream().filter(segment -> segment.type().equals(type)).findFirst();
    }

    /** Bytes by their place in the source. */
    ByteCursor atOffset(long offset, long length, String what) {
        return tableAtOffset(offset, length, what).cursor();
    }

    ByteTable tableAtOffset(long offset, long length, String what) {
        if (offset < 0 || length < 0 || offset > source.size() - length) {
            throw new MalformedElfException(name, offset, what + " of " + Long.toUnsignedString(length) + " bytes",
                    "a source of " + source.size() + " bytes");
        }
        return new ByteTable(name, source.slice(offset, length), offset);
    }

    /**
     * A table of entries of one size, by its place in the source.
     *
     * @param most how many entries it may have
     */
    ByteTable entries(Section section, int entrySize, int most, String what) {
        ReadLimits.check(name, section.offset().value(), section.hasBytes() ? section.size() / entrySize : 0, most,
                what);
        return SymbolTables.table(this, section);
    }

    /** Bytes by their link address. */
    ByteTable tableAtAddress(long address, long length, String what) {
        long available = available(address);
        if (Long.compareUnsigned(length, available) > 0) {
            throw new MalformedElfException(name, address, what + " of " + Long.toUnsignedString(length)
                    + " bytes at this link address", available + " bytes there");
        }
        if (image != null) {
            // A source of memory copies the bytes, so limit their number.
            ReadLimits.check(name, address, length, limits.inflatedBytes(), "bytes of " + what);
        }
        return tableAtOffset(image != null ? address : offsetOf(address), length, what);
    }

    /** How many bytes are stored together from a link address on. */
    long available(long address) {
        LinkAddress place = new LinkAddress(address);
        for (Segment load : loads) {
            long size = image != null ? load.memorySize() : load.fileSize();
            long inside = address - load.address().value();
            if (Long.compareUnsigned(inside, size) < 0) {
                long start = image != null ? address : load.offset().value() + inside;
                boolean within = start >= 0 && start < source.size();
                return within ? Math.min(source.size() - start, bounded(size - inside)) : 0;
            }
            if (image == null && load.contains(place)) {
                return 0;
            }
        }
        return 0;
    }

    private static long bounded(long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    private long offsetOf(long address) {
        Optional<FileOffset> offset = fileOffset(new LinkAddress(address));
        return offset.isPresent() ? offset.get().value() : 0;
    }

    Optional<FileOffset> fileOffset(LinkAddress address) {
        for (Segment load : loads) {
            if (load.fileHolds(address)) {
                return Optional.of(load.offset().plus(address.value() - load.address().value()));
            }
        }
        return Optional.empty();
    }

    Optional<LinkAddress> linkAddress(FileOffset offset) {
        for (Segment load : loads) {
            long inside = offset.value() - load.offset().value();
            if (Long.compareUnsigned(inside, load.fileSize()) < 0) {
                return Optional.of(load.address().plus(inside));
            }
        }
        return Optional.empty();
    }

    /**
     * A pointer of the dynamic table as a link address. In memory, glibc adds the bias to some of them in place
     * ({@code DT_STRTAB}, {@code DT_SYMTAB}, the hash tables, …) but not to others ({@code DT_VERNEED},
     * {@code DT_VERDEF}) nor in objects whose table is read-only (the vDSO); musl never does. So each pointer is judged
     * by where it points.
     */
    long unrelocated(long pointer) {
        if (image == null || image.bias() == 0 || isLoaded(pointer) || !isLoaded(pointer - image.bias())) {
            return pointer;
        }
        return pointer - image.bias();
    }

    private boolean isLoaded(long address) {
        LinkAddress place = new LinkAddress(address);
        return loads.stream().anyMatch(load -> load.contains(place));
    }
}
