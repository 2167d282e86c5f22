package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.TooLargeException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A section of units whose entries refer to each other by offset: {@code .debug_info} or {@code .debug_types} of one
 * file. An entry's number among all files consists of its space's number (high bits) and its offset.
 */
final class Space {
    private static final int OFFSET_BITS = 40;
    private static final int MOST_DEFECTS = 1000;

    private final int number;
    private final Sections sections;
    private final String section;
    private final World world;
    private final List<Unit> units = new ArrayList<>();
    private final List<MalformedElfException> defects = new ArrayList<>();

    Space(World world, int number, Sections sections, String section) {
        this.world = world;
        this.number = number;
        this.sections = sections;
        this.section = section;
    }

    /** Reads the headers of all units. A malformed one is left out; if its end is unknown, so are all units after it. */
    void readUnits(@Nullable Unit skeleton) {
        ByteCursor cursor = cursor();
        try {
            while (cursor.hasRemaining()) {
                long start = cursor.position();
                long end = UnitHeader.end(cursor);
                readUnit(cursor.position(start), skeleton);
                cursor.position(end);
            }
        } catch (TooLargeException tooLarge) {
            throw tooLarge;
        } catch (MalformedElfException unknownEnd) {
            addDefect(unknownEnd);
        }
    }

    private void readUnit(ByteCursor cursor, @Nullable Unit skeleton) {
        try {
            ReadLimits.check(sections.name(), cursor.offset(), units.size(), World.MOST_UNITS, "units");
            units.add(new Unit(this, UnitHeader.read(cursor, section.equals(".debug_types")), skeleton));
        } catch (MalformedElfException malformed) {
            addDefect(malformed);
        }
    }

    /** Limits the defects: each costs more than a unit, and four zero bytes are one. */
    private void addDefect(MalformedElfException defect) {
        if (defects.size() == MOST_DEFECTS) {
            throw new TooLargeException(sections.name(), defect.offset(),
                    "units that are malformed, more than " + MOST_DEFECTS, MOST_DEFECTS);
        }
        defects.add(defect);
    }

    /** The defects of the units that were left out. */
    List<MalformedElfException> defects() {
        return defects;
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

    /** As {@link #reference}, for an untrusted offset from the data. */
    long checkedReference(long offset) {
        long size = cursor().limit();
        if (offset < 0 || offset >= size) {
            throw new MalformedElfException(sections.name(), 0,
                    "a reference within the " + size + " bytes of " + section, Long.toUnsignedString(offset));
        }
        return reference(offset);
    }

    static int spaceOf(long reference) {
        return (int) (reference >>> OFFSET_BITS);
    }

    static long offsetOf(long reference) {
        return reference & ((1L << OFFSET_BITS) - 1);
    }

    /** The unit that contains an offset; null if there is none. */
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
