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
            case Dw.TAG_SUBROUTINE_TYPE -> name(type.reference(Dw.TYPE), depth + 1) + "()";
            case Dw.TAG_STRUCTURE -> ("struct " + type.string(Dw.NAME).orElse("")).strip();
            case Dw.TAG_UNION -> ("union " + type.string(Dw.NAME).orElse("")).strip();
            case Dw.TAG_CLASS -> ("class " + type.string(Dw.NAME).orElse("")).strip();
            case Dw.TAG_ENUMERATION -> ("enum " + type.string(Dw.NAME).orElse("")).strip();
            default -> type.string(Dw.NAME).orElse("");
        };
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
            while (array.next() && array.depth() > 0) {
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

    private StructLayout read(EntryReader type) {
        String name = type.string(Dw.NAME).orElse("");
        long size = type.constant(Dw.BYTE_SIZE, 0);
        Optional<SourceLine> declaration = Names.place(type, Dw.DECL_FILE, Dw.DECL_LINE);
        List<StructLayout.Member> members = new ArrayList<>();
        if (type.hasChildren()) {
            while (type.next() && type.depth() > 0) {
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
