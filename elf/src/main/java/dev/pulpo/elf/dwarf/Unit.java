package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.lang.ref.SoftReference;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A unit, with the values of its root entry that apply to all its entries. Thread-safe. */
final class Unit {
    private final Space space;
    private final UnitHeader header;
    private final @Nullable Unit skeleton;
    private final UnitExpressions expressions = new UnitExpressions(this);
    private volatile @Nullable Bases bases;
    private volatile @Nullable Root root;
    /** Softly referenced: a few units are asked for their lines all the time, most never. */
    private volatile SoftReference<LineTable> lines = new SoftReference<>(null);
    private volatile SoftReference<LineTable> files = new SoftReference<>(null);

    /** The bases of string and address indexes, also those in the root entry. */
    private record Bases(long stringOffsets, long addresses) {}

    /** The other values of the root entry; missing offsets are -1. */
    private record Root(String directory, long lowPc, long rangeLists, long locationLists, long ranges, long lineTable,
            Optional<String> splitName, long splitId) {}

    Unit(Space space, UnitHeader header, @Nullable Unit skeleton) {
        this.space = space;
        this.header = header;
        this.skeleton = skeleton;
    }

    Space space() {
        return space;
    }

    UnitHeader header() {
        return header;
    }

    Sections sections() {
        return space.sections();
    }

    /** Whether an entry, by its number among all files, belongs to the unit. */
    boolean holds(long reference) {
        long offset = Space.offsetOf(reference);
        return space.reference(offset) == reference && offset >= header.firstEntry() && offset < header.end();
    }

    /** The values of the unit that its expressions refer to. */
    UnitExpressions expressions() {
        return expressions;
    }

    /** A reader for a new query. */
    EntryReader entries() {
        return entries(space.world().question());
    }

    EntryReader entries(Work work) {
        return new EntryReader(this, work);
    }

    private Root root() {
        Root known = root;
        if (known == null) {
            known = readRoot();
            root = known;
        }
        return known;
    }

    private Root readRoot() {
        EntryReader entry = entries();
        if (!entry.next()) {
            return new Root("", 0, -1, -1, 0, -1, Optional.empty(), 0);
        }
        Optional<String> split = entry.string(Dw.DWO_NAME).or(() -> entry.string(Dw.GNU_DWO_NAME));
        String directory = entry.string(Dw.COMP_DIR).orElse("");
        sections().keep(directory);
        split.ifPresent(sections()::keep);
        return new Root(directory, entry.address(Dw.LOW_PC).orElse(0),
                entry.constant(Dw.RNGLISTS_BASE, -1), entry.constant(Dw.LOCLISTS_BASE, -1),
                entry.constant(Dw.GNU_RANGES_BASE, 0),
                entry.constant(Dw.STMT_LIST, -1), split, entry.constant(Dw.GNU_DWO_ID, header.id()));
    }

    private Bases bases() {
        Bases known = bases;
        if (known == null) {
            EntryReader entry = entries();
            known = entry.next()
                    ? new Bases(entry.constant(Dw.STR_OFFSETS_BASE, defaultStringOffsets()),
                            entry.constant(Dw.ADDR_BASE, entry.constant(Dw.GNU_ADDR_BASE, 0)))
                    : new Bases(defaultStringOffsets(), 0);
            bases = known;
        }
        return known;
    }

    /** A split unit has no attribute for it: its table begins after the only header. */
    private long defaultStringOffsets() {
        return header.version() < 5 ? 0 : header.offsetSize() == 8 ? 16 : 8;
    }

    String directory() {
        return root().directory();
    }

    long lowPc() {
        return skeleton != null ? skeleton.lowPc() : root().lowPc();
    }

    /** Whether the unit is a split unit. */
    boolean isSplit() {
        return skeleton != null;
    }

    /** The name of the file with the split unit of this skeleton. */
    Optional<String> splitName() {
        return root().splitName();
    }

    /** The id that a skeleton and its split unit share. */
    long splitId() {
        return root().splitId();
    }

    /** The address with a number in {@code .debug_addr}. */
    long indexedAddress(long index) {
        if (skeleton != null) {
            return skeleton.indexedAddress(index);
        }
        return entry(sections().cursor(".debug_addr"), bases().addresses(), index, header.addressSize());
    }

    /** The offset in {@code .debug_str} with a number. */
    long indexedString(long index) {
        return entry(sections().cursor(".debug_str_offsets"), bases().stringOffsets(), index, header.offsetSize());
    }

    /** The offset in {@code .debug_rnglists} with a number. */
    long indexedRangeList(long index) {
        return indexedList(".debug_rnglists", root().rangeLists(), index);
    }

    /** The offset in {@code .debug_loclists} with a number. */
    long indexedLocationList(long index) {
        return indexedList(".debug_loclists", root().locationLists(), index);
    }

    private long indexedList(String section, long stated, long index) {
        // A split unit has no attribute for this either.
        long base = stated >= 0 ? stated : header.offsetSize() == 8 ? 20 : 12;
        return base + entry(sections().cursor(section), base, index, header.offsetSize());
    }

    private static long entry(ByteCursor table, long base, long index, int size) {
        if (index < 0 || base < 0 || base > table.limit() || index >= (table.limit() - base) / size) {
            throw table.malformed("the number of an entry of the table", Long.toUnsignedString(index));
        }
        return table.position(base + index * size).unsigned(size);
    }

    /** The base of offsets into {@code .debug_ranges}, which is in the skeleton's file for split units. */
    long rangesBase() {
        return skeleton != null ? skeleton.root().ranges() : 0;
    }

    Sections rangesSections() {
        return skeleton != null ? skeleton.sections() : sections();
    }

    /** The unit's lines; empty if it has none. */
    LineTable lines() {
        return lines(space.world().question());
    }

    LineTable lines(Work work) {
        LineTable known = lines.get();
        if (known == null) {
            known = skeleton != null && root().lineTable() < 0 ? skeleton.lines(work) : readLines(work);
            lines = new SoftReference<>(known);
        }
        return known;
    }

    /** The path of a file by its number in the line table; reads only the header of the table. */
    Optional<String> file(long number) {
        LineTable known = lines.get();
        if (known == null) {
            known = files.get();
        }
        if (known == null) {
            long offset = root().lineTable();
            known = offset < 0
                    ? LineTable.EMPTY
                    : new LineProgram(this, offset, space.world().question()).filesOnly();
            files = new SoftReference<>(known);
        }
        Optional<String> found = known.file(number);
        // A skeleton has the table of its split unit, and a program of version 4 or less may define more files.
        return found.isPresent() ? found : lines().file(number);
    }

    /** As {@link #lines}, without keeping them. */
    LineTable readLines(Work work) {
        LineTable known = lines.get();
        long offset = root().lineTable();
        return known != null ? known : offset < 0 ? LineTable.EMPTY : new LineProgram(this, offset, work).run();
    }

    @Override
    public String toString() {
        return sections().name() + " unit at 0x" + Long.toHexString(header.offset());
    }
}
