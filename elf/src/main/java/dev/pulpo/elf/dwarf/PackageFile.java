package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.Section;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A package of split units ({@code .dwp}; DWARF 5, 7.3.5, and the format of GCC before it): the sections of many units
 * one after the other, and an index of their parts.
 *
 * <pre>
 *   version, columns, units, slots | id (8) per slot | row (4) per slot | section per column
 *   | offset per row and column | size per row and column
 * </pre>
 */
final class PackageFile {
    /** There are eight kinds of sections. */
    private static final int MOST_COLUMNS = 16;

    private final Map<Long, Sections> units;
    private final List<Sections> types;

    private PackageFile(Map<Long, Sections> units, List<Sections> types) {
        this.units = units;
        this.types = types;
    }

    static PackageFile read(ElfFile file) {
        return new PackageFile(rows(file, ".debug_cu_index"), List.copyOf(rows(file, ".debug_tu_index").values()));
    }

    /** The sections of the unit with this id, which its skeleton shares. */
    Optional<Sections> unit(long id) {
        return Optional.ofNullable(units.get(id));
    }

    /** The sections of each type unit. */
    List<Sections> types() {
        return types;
    }

    private static Map<Long, Sections> rows(ElfFile file, String index) {
        Map<Long, Sections> found = new HashMap<>();
        Optional<Section> section = file.section(index).filter(Section::hasBytes);
        if (section.isEmpty()) {
            return found;
        }
        ByteCursor cursor = file.data(section.get());
        // Before DWARF 5 the version had four bytes; now it has two, and two bytes of padding.
        int version = cursor.u16();
        cursor.skip(2);
        if (version != 2 && version != 5) {
            throw cursor.malformed("an index of version 2 or 5", Integer.toString(version));
        }
        long columns = cursor.u32();
        long rowCount = cursor.u32();
        long slots = cursor.u32();
        if (columns > MOST_COLUMNS) {
            throw cursor.malformed("at most " + MOST_COLUMNS + " sections", Long.toString(columns));
        }
        ReadLimits.check(cursor.source(), cursor.valueOffset(), Math.max(rowCount, slots), World.MOST_UNITS,
                "units in a package");
        long ids = cursor.position();
        long rows = ids + slots * Long.BYTES;
        long names = rows + slots * Integer.BYTES;
        long offsets = names + columns * Integer.BYTES;
        long sizes = offsets + rowCount * columns * Integer.BYTES;
        for (long slot = 0; slot < slots; slot++) {
            long id = cursor.position(ids + slot * Long.BYTES).u64();
            long row = cursor.position(rows + slot * Integer.BYTES).u32();
            if (row > rowCount) {
                throw cursor.malformed("one of " + rowCount + " rows", Long.toString(row));
            }
            if (row != 0) {
                Map<String, Sections.Part> parts = new HashMap<>();
                for (long column = 0; column < columns; column++) {
                    long cell = ((row - 1) * columns + column) * Integer.BYTES;
                    int number = cursor.position(names + column * Integer.BYTES).i32();
                    parts.put(name(version, number), new Sections.Part(cursor.position(offsets + cell).u32(),
                            cursor.position(sizes + cell).u32()));
                }
                found.put(id, Sections.packed(file, parts));
            }
        }
        return found;
    }

    private static String name(int version, int number) {
        return switch (number) {
            case 1 -> ".debug_info";
            case 2 -> ".debug_types";
            case 3 -> ".debug_abbrev";
            case 4 -> ".debug_line";
            case 5 -> version == 5 ? ".debug_loclists" : ".debug_loc";
            case 6 -> ".debug_str_offsets";
            case 7 -> version == 5 ? ".debug_macro" : ".debug_macinfo";
            case 8 -> version == 5 ? ".debug_rnglists" : ".debug_macro";
            default -> "section " + number;
        };
    }
}
