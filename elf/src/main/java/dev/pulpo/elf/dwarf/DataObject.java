package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.expression.Content;
import dev.pulpo.elf.expression.Location;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * An object of the program: a place and a type. The place is fixed; each question about the content reads the memory anew.
 * All methods throw {@link NoDataException} where the object is not what they need, or where memory cannot be read. As
 * thread-safe as its memory.
 */
public final class DataObject {
    /** The most elements of a list. A longer one is taken for a circle that grows. */
    public static final int LONGEST_LIST = 100_000;
    /** The most members that are looked at to find one in anonymous members and base classes, and how deep. */
    private static final int MOST_MEMBERS = 10_000;
    private static final int DEEPEST = 32;

    private final DataWorld world;
    private final OptionalLong type;
    private final DataType described;
    private final Location location;
    private final long offset;
    private final Optional<Bits> bits;

    /** A bit field, from the beginning of the location, in bits. */
    private record Bits(long offset, int size) {}

    private DataObject(DataWorld world, OptionalLong type, DataType described, Location location, long offset,
            Optional<Bits> bits) {
        this.world = world;
        this.type = type;
        this.described = described;
        this.location = location;
        this.offset = offset;
        this.bits = bits;
    }

    static DataObject of(DataWorld world, OptionalLong type, Location location) {
        return new DataObject(world, type, world.type(type), location, 0, Optional.empty());
    }

    private DataObject part(OptionalLong partType, long at) {
        return new DataObject(world, partType, world.type(partType), location, at, Optional.empty());
    }

    /** Its type, without typedefs and qualifiers. */
    public DataType type() {
        return described;
    }

    /** The address of its first byte in the process; empty for a bit field, and if it is not in memory. */
    public OptionalLong address() {
        return bits.isEmpty() && location instanceof Location.Memory memory
                ? OptionalLong.of(memory.address() + offset)
                : OptionalLong.empty();
    }

    /** Whether it is a bit field. */
    public boolean isBitField() {
        return bits.isPresent();
    }

    /** What a reference of C++ refers to; the object itself if it is no reference. */
    private DataObject referred() {
        return described instanceof DataType.Pointer pointer && pointer.reference() ? deref() : this;
    }

    /** A member, also one of an anonymous member or of a base class, or the part that is a base class. */
    public DataObject field(String name) {
        DataObject object = referred();
        if (object.described instanceof DataType.Structure structure) {
            return object.member(structure, name, new int[1], 0).orElseThrow(() -> new NoDataException(structure.name()
                    + " has no member " + name + near(name, structure)));
        }
        if (object.described instanceof DataType.Pointer) {
            throw new NoDataException("it is a pointer, of type " + object.described.name()
                    + ": the member is one of what it points to");
        }
        throw new NoDataException(object.described instanceof DataType.Declared
                ? object.described.name() + " is only declared in the debug information"
                : object.described.name() + " has no members");
    }

    private static String near(String name, DataType.Structure structure) {
        List<String> nearest = NearestNames.to(name, structure.members().stream().map(DataType.Member::name));
        return nearest.isEmpty() ? "" : "; near that: " + String.join(", ", nearest);
    }

    private Optional<DataObject> member(DataType.Structure structure, String name, int[] seen, int depth) {
        Optional<DataType.Member> own = structure.member(name);
        if (own.isPresent() && !name.isEmpty()) {
            return Optional.of(member(own.get()));
        }
        for (DataType.Member member : structure.members()) {
            if (++seen[0] > MOST_MEMBERS || depth > DEEPEST) {
                throw new NoDataException(structure.name() + " has too many members");
            }
            if (member.base() || member.name().isEmpty() && member.bits().isEmpty()) {
                DataObject inner = member(member);
                if (inner.described instanceof DataType.Structure deeper) {
                    Optional<DataObject> found = inner.member(deeper, name, seen, depth + 1);
                    if (found.isPresent()) {
                        return found;
                    }
                }
            }
        }
        return Optional.empty();
    }

    private DataObject member(DataType.Member member) {
        if (member.bitOffset().isEmpty()) {
            long object = address().orElseThrow(() -> new NoDataException("it is not in memory"));
            OptionalLong place = world.virtualBase(member, object);
            return part(member.type(), offset + place.orElseThrow(() -> new NoDataException(
                    "the place of the virtual base class " + member.name() + " is not known")) / Byte.SIZE);
        }
        long at = member.bitOffset().getAsLong();
        if (member.bits().isPresent()) {
            return new DataObject(world, member.type(), world.type(member.type()), location, offset,
                    Optional.of(new Bits(offset * Byte.SIZE + at,
                            (int) Math.min(member.bits().getAsLong(), Integer.MAX_VALUE))));
        }
        return part(member.type(), offset + at / Byte.SIZE);
    }

    /** What a pointer points to; of a reference of C++, what it refers to. */
    public DataObject deref() {
        if (!(described instanceof DataType.Pointer pointer)) {
            throw new NoDataException("it is no pointer; its type is " + described.name());
        }
        long target = number().longValue();
        if (target == 0) {
            throw new NoDataException("it is a null pointer");
        }
        if (pointer.target().isEmpty() || world.type(pointer.target()) instanceof DataType.Nothing) {
            throw new NoDataException("it points to " + hex(target) + ", and nothing says what is there: its type is "
                    + pointer.name());
        }
        return of(world, pointer.target(), new Location.Memory(target));
    }

    /** An element of an array, or the object at a distance from where a pointer points. */
    public DataObject index(long index) {
        DataObject object = referred();
        return switch (object.described) {
            case DataType.Array array -> {
                long count = array.counts().isEmpty() ? -1 : array.counts().getFirst();
                // Arrays of no or of one element at the end of a structure are as long as their memory.
                if (index < 0 || count > 1 && index >= count) {
                    throw new NoDataException("there is no element " + index + " in " + array.name()
                            + (array.counts().size() > 1 ? "" : " of " + count + " elements"));
                }
                yield object.element(array, index);
            }
            case DataType.Pointer pointer -> {
                long size = world.type(pointer.target()).size().orElseThrow(() -> new NoDataException(
                        pointer.name() + " points to something without a size"));
                DataObject first = object.deref();
                yield first.part(first.type, index * size);
            }
            default -> throw new NoDataException(object.described.name() + " has no elements");
        };
    }

    private DataObject element(DataType.Array array, long index) {
        List<Long> inner = array.counts().subList(Math.min(1, array.counts().size()), array.counts().size());
        long stride = array.stride().orElseThrow(
                () -> new NoDataException("the size of the elements of " + array.name() + " is not known"));
        long size = stride;
        for (long count : inner) {
            size *= count;
        }
        long at = offset + index * size;
        return inner.isEmpty()
                ? part(array.element(), at)
                : new DataObject(world, type, new DataType.Array(array.name(), OptionalLong.of(size), array.element(),
                        array.stride(), inner), location, at, Optional.empty());
    }

    /** The elements of an array, if their number is known and at most {@link ValueLimits#MOST_ELEMENTS}. */
    public List<DataObject> elements() {
        DataObject object = referred();
        if (!(object.described instanceof DataType.Array array)) {
            throw new NoDataException(object.described.name() + " is no array");
        }
        long count = array.counts().isEmpty() ? -1 : array.counts().getFirst();
        if (count < 0 || count > ValueLimits.MOST_ELEMENTS) {
            throw new NoDataException(count < 0
                    ? "the number of elements of " + array.name() + " is not known"
                    : array.name() + " has more than " + ValueLimits.MOST_ELEMENTS + " elements; ask for single ones");
        }
        List<DataObject> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(object.element(array, i));
        }
        return elements;
    }

    /**
     * The structures of a linked list, from this one on, or from the one that this pointer points to. A list ends with a
     * null pointer, or where it has come round to its first structure.
     *
     * @param next the member that points to the next structure
     */
    public List<DataObject> list(String next) {
        List<DataObject> all = new ArrayList<>();
        Map<Long, Integer> seen = new HashMap<>();
        DataObject from = this;
        boolean isPointer = described instanceof DataType.Pointer;
        if (!isPointer) {
            all.add(this);
            address().ifPresent(place -> seen.put(place, 0));
            from = field(next);
        }
        while (from.number().signum() != 0) {
            DataObject node = from.deref();
            Integer before = seen.putIfAbsent(node.address().orElseThrow(), all.size());
            if (before != null && before > 0) {
                throw new NoDataException(
                        "the list is a circle that does not come round to its beginning: after element "
                                + (all.size() - 1) + " comes element " + before + ", at "
                                + hex(node.address().getAsLong()));
            }
            if (before != null) {
                break;
            }
            if (all.size() == LONGEST_LIST) {
                throw new NoDataException("the list has more than " + LONGEST_LIST + " elements");
            }
            all.add(node);
            from = node.field(next);
            if (!(from.described instanceof DataType.Pointer)) {
                throw new NoDataException(
                        "the member " + next + " is no pointer; its type is " + from.described.name());
            }
        }
        return all;
    }

    /** Its value. */
    public Value read() {
        return read(ValueLimits.DEFAULT);
    }

    /** Its value, or the beginning of it. A part that cannot be read says why. */
    public Value read(ValueLimits limits) {
        DataContext context = world.context().ahead(location, offset, described.size().orElse(0));
        ValueReader reader = world.reader(context, limits);
        Content content = new Content(location, context);
        if (bits.isPresent()) {
            return reader.bitField(type, content, bits.get().offset(), bits.get().size());
        }
        return switch (described) {
            case DataType.Array array -> reader.read(array, content, offset);
            case DataType.Function function -> new Value.Pointer(address().orElse(0), true);
            case DataType.Nothing nothing -> new Value.Unknown("it has no type");
            case DataType.Declared declared -> new Value.Unknown(declared.name()
                    + " is only declared in the debug information");
            default -> reader.read(type, content, offset);
        };
    }

    private BigInteger number() {
        return switch (read()) {
            case Value.Whole whole -> whole.number();
            case Value.Truth truth -> truth.truth() ? BigInteger.ONE : BigInteger.ZERO;
            case Value.Letter letter -> BigInteger.valueOf(letter.code());
            case Value.Constant constant -> constant.number();
            case Value.Pointer pointer -> BigInteger.valueOf(pointer.address());
            case Value.Reference reference -> BigInteger.valueOf(reference.address());
            case Value.Text text -> BigInteger.valueOf(text.address());
            case Value.Unknown unknown -> throw new NoDataException(unknown.reason());
            case Value.OptimisedOut nowhere -> throw new NoDataException("the compiler has removed it");
            case Value.Floating floating -> throw notOf("whole number");
            case Value.Characters characters -> throw notOf("number");
            case Value.Array array -> throw notOf("number");
            case Value.Structure structure -> throw notOf("number");
        };
    }

    private NoDataException notOf(String kind) {
        return new NoDataException("it is no " + kind + "; its type is " + described.name());
    }

    /** The value of a number, a character, a Boolean, an enumeration or a pointer; of an unsigned number, its bits. */
    public long asLong() {
        BigInteger number = number();
        if (number.bitLength() > Long.SIZE) {
            throw new NoDataException("the number " + number + " has more than 64 bits");
        }
        return number.longValue();
    }

    /** The value of a floating-point number, or the nearest to a whole one. */
    public double asDouble() {
        return described instanceof DataType.Base base && base.encoding() == DataType.Encoding.FLOATING
                && read() instanceof Value.Floating floating ? floating.number() : number().doubleValue();
    }

    /** The text of an array of characters, or the one that a pointer points to, up to the NUL; see {@link RawText}. */
    public String asString() {
        ByteBuffer characters = switch (read(ValueLimits.ofElements(ValueLimits.MOST_ELEMENTS))) {
            case Value.Text text -> {
                if (!text.whole()) {
                    throw new NoDataException("no NUL follows within " + text.characters().limit() + " bytes at "
                            + hex(text.address()));
                }
                yield text.characters();
            }
            case Value.Characters found -> found.characters();
            case Value.Unknown unknown -> throw new NoDataException(unknown.reason());
            default -> throw notOf("text");
        };
        byte[] bytes = new byte[characters.limit()];
        characters.get(0, bytes);
        return RawText.decodeString(bytes);
    }

    /**
     * The bytes that a value of its type has, for writing it.
     *
     * @param text a number in decimal, or in hexadecimal after {@code 0x}; {@code true}; a character between apostrophes;
     *             names of constants, with {@code |} between
     */
    public byte[] encoded(String text) {
        if (bits.isPresent()) {
            throw new NoDataException("a bit field shares its bytes with others and cannot be written in one store");
        }
        return ValueEncoder.bytes(described, text);
    }

    private static String hex(long address) {
        return "0x" + Long.toHexString(address);
    }
}
