package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.MalformedElfException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Writes a type or a signature as in C and C++. Circular types are cut short. One object per query. */
final class TypeNames {
    /** A longer chain of pointers is a circle. */
    static final int DEEPEST = 32;
    /** Limits the names in a type: circles through several members grow exponentially. */
    private static final int MOST = 4096;

    /** The longest readable name. */
    private static final int LONGEST = 1 << 16;
    private static final int MOST_DIMENSIONS = 64;

    /** DW_LANG_C89, C, C99, C11, C17 and Mips_Assembler (DWARF 5, 7.12, and its list of later languages). */
    private static final Set<Long> C_OR_ASSEMBLER = Set.of(0x1L, 0x2L, 0xcL, 0x1dL, 0x2cL, 0x8001L);

    private final World world;
    private final Work work;
    private int visited;
    private int length;

    TypeNames(World world, Work work) {
        this.world = world;
        this.work = work;
    }

    /** The name of the type that an entry is; {@code void} for none. */
    String of(OptionalLong reference) {
        return name(reference, 0);
    }

    /** What a function takes and returns, as {@code int (char*, ...)}; empty where it is not described. */
    String signature(long function) {
        EntryReader entry = world.entry(function, work);
        boolean prototyped = entry.flag(Dw.PROTOTYPED);
        Unit unit = entry.unit();
        OptionalLong type = typeOf(entry);
        boolean nothing = type.isEmpty()
                || definition(world, type.getAsLong(), work).tag() == Dw.TAG_UNSPECIFIED_TYPE;
        String taken = parameters(entry, 0);
        boolean described = prototyped || !nothing || !taken.equals("()") || describesTypes(unit);
        return described ? (nothing ? "void" : name(type, 0)) + " " + taken : "";
    }

    /**
     * Whether a function without a type and parameters has none. In C its prototype would say so (DW_AT_prototyped); an
     * assembler describes no types, and neither does gcc -g1.
     */
    private boolean describesTypes(Unit unit) {
        EntryReader root = unit.entries(work);
        if (!root.next()) {
            return false;
        }
        return !isPlain(root)
                && !root.string(Dw.PRODUCER).map(producer -> (producer + " ").contains(" -g1 ")).orElse(false);
    }

    /** Whether the language of a unit is C, or assembler, by its first entry. */
    static boolean isPlain(EntryReader root) {
        return C_OR_ASSEMBLER.contains(root.constant(Dw.LANGUAGE, 0));
    }

    private String name(OptionalLong reference, int depth) {
        if (reference.isEmpty()) {
            return "void";
        }
        if (++visited > MOST || depth > DEEPEST || length > LONGEST) {
            return "…";
        }
        EntryReader type = definition(world, reference.getAsLong(), work);
        return switch (type.tag()) {
            case Dw.TAG_POINTER -> name(type.reference(Dw.TYPE), depth + 1) + "*";
            case Dw.TAG_REFERENCE -> name(type.reference(Dw.TYPE), depth + 1) + "&";
            case Dw.TAG_RVALUE_REFERENCE -> name(type.reference(Dw.TYPE), depth + 1) + "&&";
            case Dw.TAG_CONST -> "const " + name(type.reference(Dw.TYPE), depth + 1);
            case Dw.TAG_VOLATILE -> "volatile " + name(type.reference(Dw.TYPE), depth + 1);
            case Dw.TAG_ATOMIC -> "_Atomic " + name(type.reference(Dw.TYPE), depth + 1);
            case Dw.TAG_RESTRICT -> name(type.reference(Dw.TYPE), depth + 1);
            case Dw.TAG_ARRAY -> name(type.reference(Dw.TYPE), depth + 1) + dimensions(type);
            case Dw.TAG_SUBROUTINE_TYPE -> name(type.reference(Dw.TYPE), depth + 1) + parameters(type, depth + 1);
            case Dw.TAG_STRUCTURE -> aggregate("struct ", type, depth);
            case Dw.TAG_UNION -> aggregate("union ", type, depth);
            case Dw.TAG_CLASS -> aggregate("class ", type, depth);
            case Dw.TAG_ENUMERATION -> ("enum " + named(type).orElse("")).strip();
            default -> named(type).orElse("");
        };
    }

    private Optional<String> named(EntryReader entry) {
        Optional<String> name = entry.string(Dw.NAME);
        length += name.map(String::length).orElse(0);
        return name;
    }

    /** A structure by its name; one without a name by its members. Moves the reader. */
    private String aggregate(String word, EntryReader type, int depth) {
        Optional<String> name = named(type);
        if (name.isPresent() || !type.hasChildren()) {
            return (word + name.orElse("")).strip();
        }
        StringBuilder text = new StringBuilder(word).append('{');
        while (type.hasNextBelow()) {
            if (type.tag() == Dw.TAG_MEMBER && type.depth() == 1) {
                text.append(text.charAt(text.length() - 1) == '{' ? "" : " ")
                        .append(name(type.reference(Dw.TYPE), depth + 1))
                        .append(named(type).map(member -> " " + member).orElse("")).append(';');
            }
        }
        return text.append('}').toString();
    }

    /** The types of the parameters of a function or of a type of functions, in parentheses. Moves the reader. */
    private String parameters(EntryReader function, int depth) {
        List<String> types = new ArrayList<>();
        if (function.hasChildren()) {
            while (function.hasNextBelow()) {
                if (function.depth() == 1 && function.tag() == Dw.TAG_PARAMETER) {
                    types.add(name(typeOf(function), depth));
                    work.spend(Work.KEPT);
                } else if (function.depth() == 1 && function.tag() == Dw.TAG_UNSPECIFIED_PARAMETERS) {
                    types.add("...");
                }
            }
        }
        return "(" + String.join(", ", types) + ")";
    }

    private OptionalLong typeOf(EntryReader entry) {
        return typeOf(world, entry.reference(), work);
    }

    /** The type of an entry, or of the entry that it is a copy or the definition of. */
    static OptionalLong typeOf(World world, long reference, Work work) {
        EntryReader entry = world.entry(reference, work);
        for (int i = 0; i < DEEPEST; i++) {
            OptionalLong origin = entry.has(Dw.ABSTRACT_ORIGIN)
                    ? entry.reference(Dw.ABSTRACT_ORIGIN)
                    : entry.reference(Dw.SPECIFICATION);
            if (entry.has(Dw.TYPE) || origin.isEmpty()) {
                break;
            }
            entry = entry.other(origin.getAsLong());
        }
        return entry.reference(Dw.TYPE);
    }

    /** The entry, or the entry of a type unit that it refers to. */
    static EntryReader definition(World world, long reference, Work work) {
        EntryReader entry = world.entry(reference, work);
        OptionalLong elsewhere = entry.reference(Dw.SIGNATURE);
        return elsewhere.isPresent() ? entry.other(elsewhere.getAsLong()) : entry;
    }

    private static String dimensions(EntryReader array) {
        StringBuilder text = new StringBuilder();
        for (long count : counts(array)) {
            text.append('[').append(count < 0 ? "" : Long.toString(count)).append(']');
        }
        return text.toString();
    }

    /** The dimensions of an array; -1 for an unknown one. Moves the reader. */
    static List<Long> counts(EntryReader array) {
        List<Long> counts = new ArrayList<>();
        if (array.hasChildren()) {
            while (array.hasNextBelow()) {
                if (array.tag() == Dw.TAG_SUBRANGE && array.depth() == 1) {
                    counts.add(count(array));
                    checkDimensions(array, counts.size());
                }
            }
        }
        return counts;
    }

    static void checkDimensions(EntryReader array, int dimensions) {
        if (dimensions > MOST_DIMENSIONS) {
            throw new MalformedElfException(array.unit().sections().name(), array.unit().header().offset(),
                    "an array of at most " + MOST_DIMENSIONS + " dimensions", "more");
        }
    }

    /** The number of elements of a dimension; -1 if it is unknown, or known only at run time. */
    static long count(EntryReader range) {
        int attribute = range.has(Dw.COUNT) ? Dw.COUNT : Dw.UPPER_BOUND;
        OptionalLong value = refers(range.form(attribute)) ? OptionalLong.empty() : range.constant(attribute);
        return value.isEmpty() ? -1 : attribute == Dw.COUNT ? value.getAsLong() : value.getAsLong() + 1;
    }

    /** Whether a form is that of a reference to another entry. */
    static boolean refers(int form) {
        return form >= Dw.FORM_REF_ADDR && form <= 0x15;
    }
}
