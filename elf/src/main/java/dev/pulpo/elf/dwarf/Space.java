package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A section of units, in which entries refer to each other by offset: {@code .debug_info} or {@code .debug_types} of one
 * file. An entry's number within all files is its offset with the space's number above.
 */
final class Space {
    private static final int OFFSET_BITS = 40;

    private final int number;
    private final Sections sections;
    private final String section;
    private final World world;
    private final List<Unit> units = new ArrayList<>();

    Space(World world, int number, Sections sections, String section) {
        this.world = world;
        this.number = number;
        this.sections = sections;
        this.section = section;
    }

    /** Reads the headers of all units. */
    void readUnits(@Nullable Unit skeleton) {
        ByteCursor cursor = cursor();
        while (cursor.hasRemaining()) {
            UnitHeader header = UnitHeader.read(cursor, section.equals(".debug_types"));
            units.add(new Unit(this, header, skeleton));
            cursor.position(header.end());
        }
    }

    World world() {
        return world;
    }

    Sections sections() {
        return sections;
    }

    List<Unit> units() {
        return units;
    }

    ByteCursor cursor() {
        return sections.cursor(section);
    }

    long reference(long offset) {
        return ((long) number << OFFSET_BITS) | offset;
    }

    static int spaceOf(long reference) {
        return (int) (reference >>> OFFSET_BITS);
    }

    static long offsetOf(long reference) {
        return reference & ((1L << OFFSET_BITS) - 1);
    }

    /** The unit that contains an offset; null where there is none. */
    @Nullable
    Unit unitAt(long offset) {
        int low = 0;
        int high = units.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            UnitHeader header = units.get(middle).header();
            if (offset < header.offset()) {
                high = middle - 1;
            } else if (offset >= header.end()) {
                low = middle + 1;
            } else {
                return units.get(middle);
            }
        }
        return null;
    }
}
