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
    private final int encoding;
    private final long base;
    private final List<Site> sites = new ArrayList<>();
    private int steps;

    /**
     * A range of calls of a function, and what becomes of exceptions that leave them. Addresses are link addresses.
     *
     * @param end     after the last byte
     * @param pad     where the exception continues; 0 where it passes the function by
     * @param clauses which exceptions do, in the order in which they are asked for; without any all do, as a cleanup
     */
    public record Site(long start, long end, long pad, List<Clause> clauses) {}

    /**
     * Types that exceptions are compared with.
     *
     * @param filter whether they are those that may pass (an exception specification), and not those that are caught
     * @param types  one that is caught, or those that may pass; none for a cleanup
     */
    public record Clause(boolean filter, List<Type> types) {}

    /**
     * A type.
     *
     * @param address of the type's description, or of the word that holds its address; 0 for all types
     * @param word    whether it is that of a word
     */
    public record Type(long address, boolean word) {}

    /** @param function where the function begins */
    private ExceptionTable(ElfFile file, LinkAddress place, long function) {
        Section section = file.sections().stream().filter(each -> each.contains(place) && each.hasBytes()).findFirst()
                .orElseThrow(() -> new MalformedElfException(file.name(), 0,
                        "a section with the table of handlers at " + place, "none"));
        cursor = file.rawData(section).position(place.value() - section.address().value());
        address = section.address().value();
        int padEncoding = cursor.u8();
        long pads = padEncoding == PointerEncoding.OMITTED
                ? function
                : PointerEncoding.read(cursor, padEncoding, address);
        encoding = cursor.u8();
        base = encoding == PointerEncoding.OMITTED ? 0 : cursor.uleb128() + cursor.position();
        int siteEncoding = cursor.u8();
        long length = cursor.uleb128();
        long actions = cursor.position() + length;
        while (cursor.position() < actions) {
            step();
            long start = function + PointerEncoding.readValue(cursor, siteEncoding);
            long end = start + PointerEncoding.readValue(cursor, siteEncoding);
            long pad = PointerEncoding.readValue(cursor, siteEncoding);
            long action = cursor.uleb128();
            long next = cursor.position();
            sites.add(new Site(start, end, pad == 0 ? 0 : pads + pad,
                    action == 0 ? List.of() : follow(actions + action - 1)));
            cursor.position(next);
        }
    }

    private void step() {
        if (++steps > MOST_STEPS) {
            throw cursor.malformed("chains of actions that end", "more than " + MOST_STEPS);
        }
    }

    private List<Clause> follow(long first) {
        List<Clause> clauses = new ArrayList<>();
        long at = first;
        for (long distance = 1; distance != 0; at += distance) {
            cursor.position(at);
            step();
            long type = cursor.sleb128();
            at = cursor.position();
            distance = cursor.sleb128();
            List<Type> its = new ArrayList<>();
            if (type > 0) {
                its.add(type(type));
            } else if (type < 0) {
                long list = base - type - 1;
                cursor.position(list);
                for (long each = cursor.uleb128(); each != 0; each = cursor.uleb128()) {
                    step();
                    list = cursor.position();
                    its.add(type(each));
                    cursor.position(list);
                }
            }
            clauses.add(new Clause(type < 0, List.copyOf(its)));
        }
        return List.copyOf(clauses);
    }

    private Type type(long index) {
        int size = (encoding & 0x7) == 4 || (encoding & 0x7) == 0 ? 8 : 4;
        long field = base - index * size;
        cursor.position(field);
        long value = PointerEncoding.readValue(cursor, encoding & 0x0f);
        if (value == 0) {
            return new Type(0, false);
        }
        return switch (encoding & 0x70) {
            case 0 -> new Type(value, (encoding & INDIRECT) != 0);
            case 0x10 -> new Type(address + field + value, (encoding & INDIRECT) != 0);
            default -> throw cursor.malformed("types named by their addresses, or counted from the table",
                    "the encoding 0x" + Integer.toHexString(encoding));
        };
    }

    /**
     * The ranges of calls of a function that its table names, in its order.
     *
     * @param table    where it is
     * @param function where the function begins
     * @throws dev.pulpo.elf.MalformedElfException if there is no such table, or it is of another form
     */
    public static List<Site> sites(ElfFile file, LinkAddress table, LinkAddress function) {
        return List.copyOf(new ExceptionTable(file, table, function.value()).sites);
    }

    /**
     * The words through which the table of a function names the types that it catches; catching everything needs none.
     *
     * @param table where it is
     * @throws dev.pulpo.elf.MalformedElfException if there is no such table, or it names types by other means
     */
    public static List<LinkAddress> words(ElfFile file, LinkAddress table) {
        SortedSet<Long> words = new TreeSet<>();
        sites(file, table, new LinkAddress(0)).stream().flatMap(site -> site.clauses().stream())
                .flatMap(clause -> clause.types().stream()).filter(type -> type.address() != 0).forEach(type -> {
                    if (!type.word()) {
                        throw new MalformedElfException(file.name(), table.value(),
                                "types named through words, counted from the table", "others");
                    }
                    words.add(type.address());
                });
        return words.stream().map(LinkAddress::new).toList();
    }
}
