package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.TooLargeException;
import java.util.List;
import java.util.Optional;

/**
 * The part of the index that comes from one unit.
 *
 * @param index  its entries; empty if it has a defect
 * @param ranges the code for which it has lines
 * @param defect why it is left out
 */
record IndexedUnit(Index index, List<AddressRange> ranges, Optional<MalformedElfException> defect) {
    static IndexedUnit of(Unit unit, Work work) {
        try {
            return new IndexedUnit(UnitIndexer.index(unit, work).trimmed(), ranges(unit, work), Optional.empty());
        } catch (TooLargeException tooLarge) {
            throw tooLarge;
        } catch (MalformedElfException defect) {
            return new IndexedUnit(new Index(), List.of(), Optional.of(defect));
        } finally {
            work.end();
        }
    }

    private static List<AddressRange> ranges(Unit unit, Work work) {
        EntryReader root = unit.entries(work);
        if (unit.header().isType() || unit.isSplit() || !root.next()) {
            return List.of();
        }
        // DWARF 2 cannot describe a unit whose code is in several places.
        List<AddressRange> ranges = unit.header().version() == 2 ? List.of() : Ranges.of(root);
        return ranges.isEmpty() ? unit.lines(work).ranges() : ranges;
    }
}
