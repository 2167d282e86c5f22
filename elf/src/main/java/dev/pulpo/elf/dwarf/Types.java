package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.expression.EvaluationContext;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongUnaryOperator;

/** Follows types from entry to entry: names, sizes, layouts (DWARF 5, 5). */
final class Types {
    private static final int OP_PLUS_UCONST = 0x23;

    private final World world;
    private final Work work;
    private final LongUnaryOperator definitions;

    /** @param work the budget of the query */
    Types(World world, Work work) {
        this(world, work, reference -> reference);
    }

    /** @param definitions finds the definition of a type that an entry only declares, by the numbers of the entries */
    Types(World world, Work work, LongUnaryOperator definitions) {
        this.world = world;
        this.work = work;
        this.definitions = definitions;
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
    EntryReader definition(long reference) {
        EntryReader entry = TypeNames.definition(world, reference, work);
        return entry.flag(Dw.DECLARATION) ? world.entry(definitions.applyAsLong(entry.reference()), work) : entry;
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

    private EnumLayout enumeration(EntryReader type, String name) {
        long size = type.constant(Dw.BYTE_SIZE, 0);
        Optional<SourceLine> declaration = Names.place(type, Dw.DECL_FILE, Dw.DECL_LINE);
        return new EnumLayout(name, size, constants(type), declaration);
    }

    /** The constants of an enumeration. Moves the reader. */
    List<EnumLayout.Value> constants(EntryReader type) {
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
        return values;
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
        OptionalLong place = bitOffset(entry);
        if (place.isEmpty()) {
            return Optional.empty();
        }
        boolean bitField = entry.has(Dw.BIT_SIZE);
        long bitSize = bitField
                ? entry.constant(Dw.BIT_SIZE, 0)
                : size(entry.reference(Dw.TYPE), 0).orElse(0) * Byte.SIZE;
        work.spend(Work.KEPT);
        return Optional.of(new StructLayout.Member(entry.string(Dw.NAME).orElse(""), nameOfTypeOf(entry),
                place.getAsLong(), bitSize, bitField));
    }

    /** Where a member begins in its structure, in bits; empty for a virtual base class. */
    private OptionalLong bitOffset(EntryReader entry) {
        OptionalLong place = byteOffset(entry);
        if (place.isEmpty()) {
            return place;
        }
        long bits = place.getAsLong() * Byte.SIZE;
        if (!entry.has(Dw.BIT_SIZE)) {
            return OptionalLong.of(bits);
        }
        if (entry.has(Dw.DATA_BIT_OFFSET)) {
            return OptionalLong.of(entry.constant(Dw.DATA_BIT_OFFSET, 0));
        }
        // DWARF 2 and 3 count from the most significant bit of the storage unit.
        long bytes = entry.has(Dw.BYTE_SIZE)
                ? entry.constant(Dw.BYTE_SIZE, 0)
                : size(entry.reference(Dw.TYPE), 0).orElse(0);
        return OptionalLong.of(bits + bytes * Byte.SIZE - entry.constant(Dw.BIT_OFFSET, 0)
                - entry.constant(Dw.BIT_SIZE, 0));
    }

    /** The members and base classes of a structure, class or union, without static members. Moves the reader. */
    List<DataType.Member> members(EntryReader type) {
        List<DataType.Member> members = new ArrayList<>();
        if (!type.hasChildren()) {
            return members;
        }
        while (type.hasNextBelow()) {
            boolean base = type.tag() == Dw.TAG_INHERITANCE;
            if ((type.tag() == Dw.TAG_MEMBER || base) && type.depth() == 1 && !type.flag(Dw.EXTERNAL)
                    && !type.flag(Dw.DECLARATION)) {
                work.spend(Work.KEPT);
                OptionalLong of = type.reference(Dw.TYPE);
                String name = base && of.isPresent()
                        ? unqualified(of).string(Dw.NAME).orElse("")
                        : type.string(Dw.NAME).orElse("");
                members.add(new DataType.Member(name, of, bitOffset(type), type.constant(Dw.BIT_SIZE), base,
                        type.reference()));
            }
        }
        return members;
    }

    /** Where a virtual base class is in an object, in bits from its beginning; empty where that cannot be known. */
    OptionalLong virtualBase(DataType.Member base, long object, EvaluationContext context) {
        EntryReader entry = world.entry(base.entry(), work);
        return entry.block(Dw.DATA_MEMBER_LOCATION)
                .map(bytes -> Expression.read(bytes, entry.unit().expressions()))
                .map(expression -> Evaluator.locate(expression, context, object))
                .filter(Location.Memory.class::isInstance)
                .map(place -> OptionalLong.of((((Location.Memory) place).address() - object) * Byte.SIZE))
                .orElseGet(OptionalLong::empty);
    }

    /** A type as values need it, without the typedefs and qualifiers around it. */
    DataType data(OptionalLong reference) {
        String name = new TypeNames(world, work).of(reference);
        if (reference.isEmpty()) {
            return new DataType.Nothing(name);
        }
        EntryReader type = unqualified(reference);
        OptionalLong size = size(reference, 0);
        return switch (type.tag()) {
            case Dw.TAG_BASE -> base(type, name, size);
            case Dw.TAG_POINTER -> new DataType.Pointer(name, size, type.reference(Dw.TYPE), false);
            case Dw.TAG_REFERENCE, Dw.TAG_RVALUE_REFERENCE ->
                new DataType.Pointer(name, size, type.reference(Dw.TYPE), true);
            case Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION -> type.flag(Dw.DECLARATION)
                    ? new DataType.Declared(name)
                    : new DataType.Structure(name, size, members(type));
            case Dw.TAG_ENUMERATION -> type.flag(Dw.DECLARATION)
                    ? new DataType.Declared(name)
                    : new DataType.Enumeration(name, size, constants(type));
            case Dw.TAG_ARRAY -> new DataType.Array(name, size, type.reference(Dw.TYPE),
                    size(type.reference(Dw.TYPE), 0), TypeNames.counts(type));
            case Dw.TAG_SUBROUTINE_TYPE -> new DataType.Function(name);
            // A qualifier or a typedef without a type is one of void.
            case Dw.TAG_TYPEDEF, Dw.TAG_CONST, Dw.TAG_VOLATILE, Dw.TAG_RESTRICT, Dw.TAG_ATOMIC ->
                new DataType.Nothing(name);
            default -> new DataType.Other(name, size);
        };
    }

    private static DataType base(EntryReader type, String name, OptionalLong size) {
        // DW_ATE_boolean and those after it (DWARF 5, 7.8).
        DataType.Encoding encoding = switch ((int) type.constant(Dw.ENCODING, 0)) {
            case 2 -> DataType.Encoding.BOOLEAN;
            case 4 -> DataType.Encoding.FLOATING;
            case 5, 7 -> DataType.Encoding.INTEGER;
            case 6, 8, 0x10 -> DataType.Encoding.CHARACTER;
            default -> DataType.Encoding.OTHER;
        };
        return new DataType.Base(name, size, encoding, ValueReader.isSigned(type));
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
