package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads attributes that are a location expression or a location list: {@code .debug_loc} (DWARF 4, 2.6.2; in split units
 * as GCC writes it), {@code .debug_loclists} (DWARF 5, 7.7.3).
 */
final class Locations {
    private final Unit unit;
    private final Work work;
    private final Optional<ByteCursor> views;
    private final List<LocationEntry> found = new ArrayList<>();

    private Locations(Unit unit, Work work, Optional<ByteCursor> views) {
        this.unit = unit;
        this.work = work;
        this.views = views;
    }

    /** The entries of an attribute, in the order of the file; empty without the attribute. */
    static List<LocationEntry> of(EntryReader entry, int attribute) {
        Unit unit = entry.unit();
        Optional<ByteCursor> expression = entry.block(attribute);
        if (expression.isPresent()) {
            return List.of(new LocationEntry(Optional.empty(), Optional.empty(),
                    Expression.read(expression.get(), unit.expressions())));
        }
        if (!isList(unit, entry.form(attribute))) {
            return List.of();
        }
        Optional<ByteCursor> views = attribute == Dw.LOCATION && entry.constant(Dw.GNU_LOCVIEWS).isPresent()
                ? Optional.of(unit.sections().cursor(section(unit)).position(entry.constant(Dw.GNU_LOCVIEWS, 0)))
                : Optional.empty();
        Locations locations = new Locations(unit, entry.work(), views);
        long value = entry.constant(attribute, 0);
        ByteCursor cursor = unit.sections().cursor(section(unit))
                .position(entry.form(attribute) == Dw.FORM_LOCLISTX ? unit.indexedLocationList(value) : value);
        if (unit.header().version() >= 5) {
            locations.readNew(cursor);
        } else if (unit.isSplit()) {
            locations.readSplit(cursor);
        } else {
            locations.readOld(cursor);
        }
        return locations.found;
    }

    private static String section(Unit unit) {
        return unit.header().version() >= 5 ? ".debug_loclists" : ".debug_loc";
    }

    private static boolean isList(Unit unit, int form) {
        return switch (form) {
            case Dw.FORM_SEC_OFFSET, Dw.FORM_LOCLISTX -> true;
            case Dw.FORM_DATA4, Dw.FORM_DATA8 -> unit.header().version() < 4;
            default -> false;
        };
    }

    private void add(long start, long end, Optional<LocationEntry.Views> given, ByteCursor expression) {
        boolean ordered = Long.compareUnsigned(start, end) <= 0;
        add(Optional.of(new AddressRange(new LinkAddress(start), new LinkAddress(ordered ? end : start))), given,
                expression);
    }

    private void add(Optional<AddressRange> range, Optional<LocationEntry.Views> given, ByteCursor expression) {
        work.spend(Work.KEPT + expression.limit());
        Optional<LocationEntry.Views> seen = given
                .or(() -> views.map(pairs -> new LocationEntry.Views(pairs.uleb128(), pairs.uleb128())));
        found.add(new LocationEntry(range, seen, Expression.read(expression, unit.expressions())));
    }

    private void readOld(ByteCursor cursor) {
        AddressPairs.read(unit, work, cursor,
                (start, end) -> add(start, end, Optional.empty(), cursor.sub(cursor.u16())));
    }

    /** Reads the format of GCC's split files before DWARF 5. */
    private void readSplit(ByteCursor cursor) {
        long base = unit.lowPc();
        while (true) {
            work.spend(1);
            int kind = cursor.u8();
            switch (kind) {
                case 0 -> {
                    return;
                }
                case 1 -> base = unit.indexedAddress(cursor.uleb128());
                case 2 -> {
                    long start = unit.indexedAddress(cursor.uleb128());
                    add(start, unit.indexedAddress(cursor.uleb128()), Optional.empty(), cursor.sub(cursor.u16()));
                }
                case 3 -> {
                    long start = unit.indexedAddress(cursor.uleb128());
                    add(start, start + cursor.u32(), Optional.empty(), cursor.sub(cursor.u16()));
                }
                case 4 -> {
                    long start = base + cursor.u32();
                    add(start, base + cursor.u32(), Optional.empty(), cursor.sub(cursor.u16()));
                }
                default -> throw cursor.malformed("a kind of location list entry", Integer.toString(kind));
            }
        }
    }

    private void readNew(ByteCursor cursor) {
        int size = unit.header().addressSize();
        long base = unit.lowPc();
        Optional<LocationEntry.Views> pair = Optional.empty();
        while (true) {
            work.spend(1);
            int kind = cursor.u8();
            long start = 0;
            long end = 0;
            switch (kind) {
                case 0 -> {
                    return;
                }
                case 1 -> base = unit.indexedAddress(cursor.uleb128());
                case 2 -> {
                    start = unit.indexedAddress(cursor.uleb128());
                    end = unit.indexedAddress(cursor.uleb128());
                }
                case 3 -> {
                    start = unit.indexedAddress(cursor.uleb128());
                    end = start + cursor.uleb128();
                }
                case 4 -> {
                    start = base + cursor.uleb128();
                    end = base + cursor.uleb128();
                }
                case 5 -> {
                    add(Optional.empty(), pair, cursor.sub(cursor.uleb128()));
                    pair = Optional.empty();
                }
                case 6 -> base = cursor.unsigned(size);
                case 7 -> {
                    start = cursor.unsigned(size);
                    end = cursor.unsigned(size);
                }
                case 8 -> {
                    start = cursor.unsigned(size);
                    end = start + cursor.uleb128();
                }
                case 9 -> pair = Optional.of(new LocationEntry.Views(cursor.uleb128(), cursor.uleb128()));
                default -> throw cursor.malformed("a kind of location list entry", Integer.toString(kind));
            }
            if (kind >= 2 && kind <= 8 && kind != 5 && kind != 6) {
                add(start, end, pair, cursor.sub(cursor.uleb128()));
                pair = Optional.empty();
            }
        }
    }

    /** The entry that applies at an address; one without a range only if no other applies. */
    static Optional<LocationEntry> at(List<LocationEntry> entries, LinkAddress place) {
        return entries.stream().filter(entry -> entry.range().isPresent() && entry.covers(place)).findFirst()
                .or(() -> entries.stream().filter(entry -> entry.range().isEmpty()).findFirst());
    }
}
