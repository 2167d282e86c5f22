package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Reads the code ranges of an entry: {@code DW_AT_low_pc}, {@code DW_AT_high_pc}, {@code DW_AT_ranges} (DWARF 5, 2.17).
 * Code that the linker discarded has the address zero or one of the last addresses; it is left out.
 */
final class Ranges {
    private static final long LAST_ADDRESSES = -2;

    private final Unit unit;
    private final Work work;
    private final List<AddressRange> found = new ArrayList<>();

    private Ranges(EntryReader entry) {
        this.unit = entry.unit();
        this.work = entry.work();
    }

    /** The ranges of an entry, in the order of the file; empty if it has no code. */
    static List<AddressRange> of(EntryReader entry) {
        Ranges ranges = new Ranges(entry);
        OptionalLong list = entry.constant(Dw.RANGES);
        OptionalLong low = entry.address(Dw.LOW_PC);
        if (list.isPresent()) {
            ranges.readList(entry, list.getAsLong());
        } else if (low.isPresent() && entry.has(Dw.HIGH_PC)) {
            boolean isAddress = entry.form(Dw.HIGH_PC) == Dw.FORM_ADDR
                    || Forms.isIndexedAddress(entry.form(Dw.HIGH_PC));
            long high = isAddress
                    ? entry.address(Dw.HIGH_PC).orElse(0)
                    : low.getAsLong() + entry.constant(Dw.HIGH_PC, 0);
            ranges.add(low.getAsLong(), high);
        }
        return ranges.found;
    }

    private void add(long start, long end) {
        work.spend(Work.INDEXED);
        boolean discarded = start == 0 || Long.compareUnsigned(start, LAST_ADDRESSES) >= 0;
        if (!discarded && Long.compareUnsigned(start, end) < 0) {
            found.add(new AddressRange(new LinkAddress(start), new LinkAddress(end)));
        }
    }

    private void readList(EntryReader entry, long value) {
        if (unit.header().version() < 5) {
            // The root entry of a skeleton counts from the beginning of the section.
            readOldList(unit.rangesSections().cursor(".debug_ranges").position(unit.rangesBase() + value));
        } else {
            long offset = entry.form(Dw.RANGES) == Dw.FORM_RNGLISTX ? unit.indexedRangeList(value) : value;
            readNewList(unit.sections().cursor(".debug_rnglists").position(offset));
        }
    }

    private void readOldList(ByteCursor cursor) {
        AddressPairs.read(unit, work, cursor, (start, end) -> {
            if (start != end) {
                add(start, end);
            }
        });
    }

    private void readNewList(ByteCursor cursor) {
        int size = unit.header().addressSize();
        long base = unit.lowPc();
        while (true) {
            work.spend(1);
            int kind = cursor.u8();
            switch (kind) {
                case 0 -> {
                    return;
                }
                case 1 -> base = unit.indexedAddress(cursor.uleb128());
                case 2 -> add(unit.indexedAddress(cursor.uleb128()), unit.indexedAddress(cursor.uleb128()));
                case 3 -> {
                    long start = unit.indexedAddress(cursor.uleb128());
                    add(start, start + cursor.uleb128());
                }
                case 4 -> {
                    long start = cursor.uleb128();
                    long end = cursor.uleb128();
                    // Offsets from a discarded base have no meaning.
                    add(base == 0 && start == 0 ? 0 : base + start, base + end);
                }
                case 5 -> base = cursor.unsigned(size);
                case 6 -> add(cursor.unsigned(size), cursor.unsigned(size));
                case 7 -> {
                    long start = cursor.unsigned(size);
                    add(start, start + cursor.uleb128());
                }
                default -> throw cursor.malformed("a kind of range list entry", Integer.toString(kind));
            }
        }
    }
}
