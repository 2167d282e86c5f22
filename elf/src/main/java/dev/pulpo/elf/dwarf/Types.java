package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Follows types from entry to entry: names, sizes, layouts (DWARF 5, 5). */
final class Types {
    private static final int OP_PLUS_UCONST = 0x23;

    private final World world;
    private final Work work;

    /** @param work the budget of the query */
    Types(World world, Work work) {
        this.world = world;
        this.work = work;
    }

    /** The name of the type that an entry has. */
    String nameOfTypeOf(EntryReader entry) {
        return new TypeNames(world, work).of(entry.reference(Dw.TYPE));
    }

    /** As {@link #nameOfTypeOf}, for an entry that may be a copy or the definition of another one, which has the type. */
    String nameOfTypeFor(EntryReader entry) {
        return new TypeNames(world, work).of(TypeNames.typeOf(world, entry.reference(), work));
    }

    /** A type without the typedefs and qualifiers around it; the last one of a circle. */
    EntryReader unqualified(OptionalLong reference) {
        EntryReader type = definition(reference.orElseThrow());
        for (int i = 0; i < TypeNames.DEEPEST; i++) {
            OptionalLong next = switch (type.tag()) {
                case Dw.TAG_TYPEDEF, Dw.TAG_CONST, Dw.TAG_VOLATILE, Dw.TAG_RESTRICT, Dw.TAG_ATOMIC ->
                    type.reference(Dw.TYPE);
                default -> OptionalLong.empty();
            };
            if (next.isEmpty()) {
                break;
            }
            type = definition(next.getAsLong());
        }
        return type;
    }

    /** What a function takes and returns, as {@code int (char*, ...)}. */
    String signature(long function) {
        return new TypeNames(world, work).signature(function);
    }

    /** The entry, or the entry of a type unit that it refers to. */
    private EntryReader definition(long reference) {
        return TypeNames.definition(world, reference, work);
    }

    /** The size of a type in bytes; empty if it has none, such as an array without a bound. */
    OptionalLong size(OptionalLong reference, int depth) {
        if (reference.isEmpty() || depth > TypeNames.DEEPEST) {
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
                for (long count : TypeNames.counts(type)) {
                    product *= count;
                }
                yield element.isEmpty() || product < 0
                        ? OptionalLong.empty()
                        : OptionalLong.of(element.getAsLong() * product);
            }
            default -> size(type.reference(Dw.TYPE), depth + 1);
        };
    }

    /** The layout of a structure, by its entry or a typedef's; empty for other types. */
    Optional<StructLayout> layout(long reference) {
        long current = reference;
        for (int i = 0; i < TypeNames.DEEPEST; i++) {
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
                    type.work().spend(Work.KEPT);
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
                memberOf(type).ifPresent(members::add);
            }
        }
        return new StructLayout(name, size, members, declaration);
    }

    /** The member of a structure that an entry describes; empty if it describes something else. */
    Optional<StructLayout.Member> memberOf(EntryReader entry) {
        boolean isMember = entry.tag() == Dw.TAG_MEMBER || entry.tag() == Dw.TAG_INHERITANCE;
        // A static member is declared here but is elsewhere; the place of a virtual base is known only from an object.
        return isMember && entry.depth() == 1 && !entry.flag(Dw.EXTERNAL) && !entry.flag(Dw.DECLARATION)
                ? member(entry)
                : Optional.empty();
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
        work.spend(Work.KEPT);
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
