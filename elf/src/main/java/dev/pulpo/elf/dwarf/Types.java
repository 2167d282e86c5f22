package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Follows types from entry to entry: names, sizes, layouts (DWARF 5, 5). */
final class Types {
    /** A pointer to a pointer to … ends somewhere; what does not is a circle. */
    private static final int DEEPEST = 32;
    private static final int OP_PLUS_UCONST = 0x23;

    private final World world;

    Types(World world) {
        this.world = world;
    }

    /** The name of the type that an entry has. */
    String nameOfTypeOf(EntryReader entry) {
        return name(entry.reference(Dw.TYPE), 0);
    }

    private String name(OptionalLong reference, int depth) {
        if (reference.isEmpty()) {
            return "void";
        }
        if (depth > DEEPEST) {
            return "…";
        }
        EntryReader type = definition(reference.getAsLong());
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
            case Dw.TAG_ENUMERATION -> ("enum " + type.string(Dw.NAME).orElse("")).strip();
            default -> type.string(Dw.NAME).orElse("");
        };
    }

    /** A structure by its name; one without a name by its members. Moves the reader. */
    private String aggregate(String word, EntryReader type, int depth) {
        Optional<String> name = type.string(Dw.NAME);
        if (name.isPresent() || !type.hasChildren()) {
            return (word + name.orElse("")).strip();
        }
        StringBuilder text = new StringBuilder(word).append('{');
        while (type.hasNextBelow()) {
            if (type.tag() == Dw.TAG_MEMBER && type.depth() == 1) {
                text.append(text.charAt(text.length() - 1) == '{' ? "" : " ")
                        .append(name(type.reference(Dw.TYPE), depth + 1))
                        .append(type.string(Dw.NAME).map(member -> " " + member).orElse("")).append(';');
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
                } else if (function.depth() == 1 && function.tag() == Dw.TAG_UNSPECIFIED_PARAMETERS) {
                    types.add("...");
                }
            }
        }
        return "(" + String.join(", ", types) + ")";
    }

    /** The type of an entry, or of the one that it is a copy or the definition of. */
    private OptionalLong typeOf(EntryReader first) {
        EntryReader entry = first;
        for (int i = 0; i < DEEPEST; i++) {
            OptionalLong origin = entry.has(Dw.ABSTRACT_ORIGIN)
                    ? entry.reference(Dw.ABSTRACT_ORIGIN)
                    : entry.reference(Dw.SPECIFICATION);
            if (entry.has(Dw.TYPE) || origin.isEmpty()) {
                break;
            }
            entry = world.entry(origin.getAsLong());
        }
        return entry.reference(Dw.TYPE);
    }

    /** What a function takes and returns, as {@code int (char*, ...)}. */
    String signature(long function) {
        EntryReader entry = world.entry(function);
        return name(typeOf(entry), 0) + " " + parameters(entry, 0);
    }

    /** The entry, or the one in a type unit that it stands for. */
    private EntryReader definition(long reference) {
        EntryReader entry = world.entry(reference);
        OptionalLong elsewhere = entry.reference(Dw.SIGNATURE);
        return elsewhere.isPresent() ? world.entry(elsewhere.getAsLong()) : entry;
    }

    private static String dimensions(EntryReader array) {
        StringBuilder text = new StringBuilder();
        for (long count : counts(array)) {
            text.append('[').append(count < 0 ? "" : Long.toString(count)).append(']');
        }
        return text.toString();
    }

    /** The dimensions of an array; -1 for one that is not known. Moves the reader. */
    private static List<Long> counts(EntryReader array) {
        List<Long> counts = new ArrayList<>();
        if (array.hasChildren()) {
            while (array.hasNextBelow()) {
                if (array.tag() == Dw.TAG_SUBRANGE && array.depth() == 1) {
                    OptionalLong bound = array.constant(Dw.UPPER_BOUND);
                    counts.add(array.constant(Dw.COUNT, bound.isPresent() ? bound.getAsLong() + 1 : -1));
                }
            }
        }
        return counts;
    }

    /** The size of a type in bytes; empty where it has none, as an array without a bound. */
    private OptionalLong size(OptionalLong reference, int depth) {
        if (reference.isEmpty() || depth > DEEPEST) {
            return OptionalLong.empty();
        }
        EntryReader type = definition(reference.getAsLong());
        if (type.has(Dw.BYTE_SIZE)) {
            return type.constant(Dw.BYTE_SIZE);
        }
        return switch (type.tag()) {
            case Dw.TAG_POINTER, Dw.TAG_REFERENCE, Dw.TAG_RVALUE_REFERENCE ->
                OptionalLong.of(type.unit().header().addressSize());
            case Dw.TAG_ARRAY -> {
                OptionalLong element = size(type.reference(Dw.TYPE), depth + 1);
                long product = 1;
                for (long count : counts(type)) {
                    product *= count;
                }
                yield element.isEmpty() || product < 0
                        ? OptionalLong.empty()
                        : OptionalLong.of(element.getAsLong() * product);
            }
            default -> size(type.reference(Dw.TYPE), depth + 1);
        };
    }

    /** The layout of the structure that an entry is, or that it is another name of; empty for other types. */
    Optional<StructLayout> layout(long reference) {
        long current = reference;
        for (int i = 0; i < DEEPEST; i++) {
            EntryReader type = definition(current);
            switch (type.tag()) {
                case Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION -> {
                    return type.has(Dw.BYTE_SIZE) ? Optional.of(read(type)) : Optional.empty();
                }
                case Dw.TAG_TYPEDEF, Dw.TAG_CONST, Dw.TAG_VOLATILE -> {
                    OptionalLong next = type.reference(Dw.TYPE);
                    if (next.isEmpty()) {
                        return Optional.empty();
                    }
                    current = next.getAsLong();
                }
                default -> {
                    return Optional.empty();
                }
            }
        }
        return Optional.empty();
    }

    /** A structure, enumeration or {@code typedef}; empty for other types, and for declarations. */
    Optional<TypeLayout> describe(long reference) {
        EntryReader type = definition(reference);
        if (type.flag(Dw.DECLARATION)) {
            return Optional.empty();
        }
        String name = type.string(Dw.NAME).orElse("");
        return switch (type.tag()) {
            case Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION -> Optional.of(read(type));
            case Dw.TAG_ENUMERATION -> Optional.of(enumeration(type, name));
            case Dw.TAG_TYPEDEF -> Optional.of(new TypedefLayout(name, nameOfTypeOf(type),
                    size(type.reference(Dw.TYPE), 0).orElse(0), Names.place(type, Dw.DECL_FILE, Dw.DECL_LINE)));
            default -> Optional.empty();
        };
    }

    private static EnumLayout enumeration(EntryReader type, String name) {
        long size = type.constant(Dw.BYTE_SIZE, 0);
        Optional<SourceLine> declaration = Names.place(type, Dw.DECL_FILE, Dw.DECL_LINE);
        List<EnumLayout.Value> values = new ArrayList<>();
        if (type.hasChildren()) {
            while (type.hasNextBelow()) {
                if (type.tag() == Dw.TAG_ENUMERATOR) {
                    values.add(new EnumLayout.Value(type.string(Dw.NAME).orElse(""),
                            type.constant(Dw.CONST_VALUE, 0)));
                }
            }
        }
        return new EnumLayout(name, size, values, declaration);
    }

    private StructLayout read(EntryReader type) {
        String name = type.string(Dw.NAME).orElse("");
        long size = type.constant(Dw.BYTE_SIZE, 0);
        Optional<SourceLine> declaration = Names.place(type, Dw.DECL_FILE, Dw.DECL_LINE);
        List<StructLayout.Member> members = new ArrayList<>();
        if (type.hasChildren()) {
            while (type.hasNextBelow()) {
                boolean isMember = type.tag() == Dw.TAG_MEMBER || type.tag() == Dw.TAG_INHERITANCE;
                // A static member is declared here but lies elsewhere; where a virtual base is, only an object knows.
                if (isMember && type.depth() == 1 && !type.flag(Dw.EXTERNAL) && !type.flag(Dw.DECLARATION)) {
                    member(type).ifPresent(members::add);
                }
            }
        }
        return new StructLayout(name, size, members, declaration);
    }

    private Optional<StructLayout.Member> member(EntryReader entry) {
        OptionalLong place = byteOffset(entry);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        long bits = place.getAsLong() * Byte.SIZE;
        OptionalLong bytes = size(entry.reference(Dw.TYPE), 0);
        long bitSize = bytes.orElse(0) * Byte.SIZE;
        boolean bitField = entry.has(Dw.BIT_SIZE);
        if (bitField) {
            bitSize = entry.constant(Dw.BIT_SIZE, 0);
            if (entry.has(Dw.DATA_BIT_OFFSET)) {
                bits = entry.constant(Dw.DATA_BIT_OFFSET, 0);
            } else {
                // DWARF 2 and 3 count from the most significant bit of the storage unit.
                long storage = entry.constant(Dw.BYTE_SIZE, bytes.orElse(0)) * Byte.SIZE;
                bits += storage - entry.constant(Dw.BIT_OFFSET, 0) - bitSize;
            }
        }
        return Optional.of(new StructLayout.Member(entry.string(Dw.NAME).orElse(""), nameOfTypeOf(entry), bits,
                bitSize, bitField));
    }

    private static OptionalLong byteOffset(EntryReader entry) {
        Optional<ByteCursor> expression = entry.block(Dw.DATA_MEMBER_LOCATION);
        if (expression.isEmpty()) {
            return OptionalLong.of(entry.constant(Dw.DATA_MEMBER_LOCATION, 0));
        }
        ByteCursor cursor = expression.get();
        return cursor.hasRemaining() && cursor.u8() == OP_PLUS_UCONST
                ? OptionalLong.of(cursor.uleb128())
                : OptionalLong.empty();
    }
}
