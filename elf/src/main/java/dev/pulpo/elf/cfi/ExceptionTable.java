package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Section;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * A function's table of exception handlers, as GCC writes it for the personality routines of C and C++ (the language
 * specific data area; Itanium C++ ABI, "Exception Handling Tables").
 *
 * <pre>
 *   u8 landing pads' base, u8 types' encoding, uleb128 types' base (a distance), u8 call sites' encoding,
 *   uleb128 length of the call sites | (start, length, landing pad, uleb128 action)* | (sleb128 type, sleb128 next)*
 *   | types, backwards from their base | lists of types, uleb128
 * </pre>
 */
public final class ExceptionTable {
    private static final int INDIRECT = 0x80;
    /** No function catches so many types; a longer chain is a circle. */
    private static final int MOST_STEPS = 1 << 20;

    private final ByteCursor cursor;
    private final long address;
    private final SortedSet<Long> types = new TreeSet<>();
    private final int encoding;
    private final long base;
    private int steps;

    private ExceptionTable(ElfFile file, LinkAddress place) {
        Section section = file.sections().stream().filter(each -> each.contains(place) && each.hasBytes()).findFirst()
                .orElseThrow(() -> new MalformedElfException(file.name(), 0,
                        "a section with the table of handlers at " + place, "none"));
        cursor = file.rawData(section).position(place.value() - section.address().value());
        address = section.address().value();
        PointerEncoding.skip(cursor, cursor.u8(), address);
        encoding = cursor.u8();
        base = encoding == PointerEncoding.OMITTED ? 0 : cursor.uleb128() + cursor.position();
        int sites = cursor.u8();
        long length = cursor.uleb128();
        long actions = cursor.position() + length;
        while (cursor.position() < actions) {
            for (int i = 0; i < 3; i++) {
                PointerEncoding.readValue(cursor, sites);
            }
            long action = cursor.uleb128();
            long next = cursor.position();
            if (action != 0) {
                follow(actions + action - 1);
            }
            cursor.position(next);
        }
    }

    private void step() {
        if (++steps > MOST_STEPS) {
            throw cursor.malformed("chains of actions that end", "more than " + MOST_STEPS);
        }
    }

    private void follow(long first) {
        long at = first;
        for (long distance = 1; distance != 0; at += distance) {
            cursor.position(at);
            step();
            long type = cursor.sleb128();
            at = cursor.position();
            distance = cursor.sleb128();
            if (type > 0) {
                types.add(type);
            } else if (type < 0) {
                cursor.position(base - type - 1);
                for (long each = cursor.uleb128(); each != 0; each = cursor.uleb128()) {
                    step();
                    types.add(each);
                }
            }
        }
    }

    /**
     * The words through which the table of a function names the types that it catches; catching everything needs none.
     *
     * @param table where it is
     * @throws dev.pulpo.elf.MalformedElfException if there is no such table, or it names types by other means
     */
    public static List<LinkAddress> words(ElfFile file, LinkAddress table) {
        ExceptionTable read = new ExceptionTable(file, table);
        List<LinkAddress> words = new ArrayList<>();
        for (long type : read.types) {
            int size = (read.encoding & 0x7) == 4 || (read.encoding & 0x7) == 0 ? 8 : 4;
            long field = read.base - type * size;
            read.cursor.position(field);
            long value = PointerEncoding.readValue(read.cursor, read.encoding & 0x0f);
            if (value != 0) {
                if ((read.encoding & 0xf0) != (INDIRECT | 0x10)) {
                    throw read.cursor.malformed("types named through words, counted from the table",
                            "the encoding 0x" + Integer.toHexString(read.encoding));
                }
                words.add(new LinkAddress(read.address + field + value));
            }
        }
        return words;
    }
}
