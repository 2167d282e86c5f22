package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.expression.Content;
import dev.pulpo.elf.expression.EvaluationContext;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.LongFunction;

/** Decodes the bytes of an object by its type (DWARF 5, 5). One reader per object. */
final class ValueReader {
    private static final int PAGE = 4096;
    private static final int EXTENDED_BIAS = 16383 + 63;
    private static final int EXTENDED_SPECIAL = 0x7fff;
    private static final Set<String> EXTENDED = Set.of("long double", "_Float64x");

    private final World world;
    private final Types types;
    private final Work work;
    private final EvaluationContext context;
    private final LongFunction<Location> variables;
    private final ValueLimits limits;
    private int values;

    /** @param variables finds the variables that hold the lengths of arrays, by their entries */
    ValueReader(World world, Types types, Work work, EvaluationContext context, LongFunction<Location> variables,
            ValueLimits limits) {
        this.limits = limits;
        this.world = world;
        this.types = types;
        this.work = work;
        this.context = context;
        this.variables = variables;
    }

    /** The value of an object of a type. */
    Value read(OptionalLong type, Content content) {
        return read(type, content, 0, 0);
    }

    /** The value of a part of an object that has a type. */
    Value read(OptionalLong type, Content content, long offset) {
        return read(type, content, offset, 0);
    }

    /** The value of a part that is an array. */
    Value read(DataType.Array array, Content content, long offset) {
        if (array.stride().orElse(0) <= 0 || array.counts().stream().anyMatch(count -> count < 0)) {
            return new Value.Unknown("its number of elements is unknown");
        }
        return array(array.element(), array.stride().getAsLong(), array.counts(), content, offset, 0);
    }

    private Value read(OptionalLong reference, Content content, long offset, int depth) {
        if (reference.isEmpty()) {
            return new Value.Unknown("it has no type");
        }
        if (++values > limits.values() || depth > TypeNames.DEEPEST) {
            return new Value.Unknown("it has too many parts");
        }
        switch (content.location()) {
            case Location.OptimisedOut nowhere -> {
                return new Value.OptimisedOut();
            }
            case Location.Unknown unknown -> {
                return new Value.Unknown(unknown.reason());
            }
            default -> {
                // Has bytes, maybe not all.
            }
        }
        EntryReader type = types.definition(reference.getAsLong());
        return switch (type.tag()) {
            case Dw.TAG_TYPEDEF, Dw.TAG_CONST, Dw.TAG_VOLATILE, Dw.TAG_RESTRICT, Dw.TAG_ATOMIC ->
                read(type.reference(Dw.TYPE), content, offset, depth + 1);
            case Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION -> structure(type, content, offset, depth);
            case Dw.TAG_ARRAY -> array(type, content, offset, depth);
            default -> {
                OptionalLong size = types.size(reference, 0);
                boolean possible = size.isPresent() && size.getAsLong() > 0 && size.getAsLong() <= Long.BYTES * 4;
                yield possible
                        ? scalar(type, content.read(offset, (int) size.getAsLong()))
                        : new Value.Unknown("its type has no size");
            }
        };
    }

    private static Value missing(Location reason) {
        return reason instanceof Location.Unknown unknown
                ? new Value.Unknown(unknown.reason())
                : new Value.OptimisedOut();
    }

    private Value scalar(EntryReader type, Content.Part part) {
        if (part.missing().isPresent()) {
            return missing(part.missing().get());
        }
        ByteBuffer bytes = part.bytes();
        return switch (type.tag()) {
            case Dw.TAG_POINTER -> pointer(type, whole(bytes, false).longValue());
            case Dw.TAG_REFERENCE, Dw.TAG_RVALUE_REFERENCE -> new Value.Reference(whole(bytes, false).longValue());
            case Dw.TAG_ENUMERATION -> enumeration(type, bytes);
            case Dw.TAG_BASE -> base(type, bytes);
            case Dw.TAG_PTR_TO_MEMBER, Dw.TAG_UNSPECIFIED_TYPE -> new Value.Whole(whole(bytes, false));
            default -> new Value.Unknown("values of its type are not understood");
        };
    }

    private static BigInteger whole(ByteBuffer bytes, boolean signed) {
        byte[] reversed = new byte[bytes.limit()];
        for (int i = 0; i < reversed.length; i++) {
            reversed[i] = bytes.get(reversed.length - 1 - i);
        }
        return signed ? new BigInteger(reversed) : new BigInteger(1, reversed);
    }

    static boolean isSigned(EntryReader type) {
        long encoding = type.constant(Dw.ENCODING, 0);
        return encoding == 5 || encoding == 6;
    }

    private static Value base(EntryReader type, ByteBuffer bytes) {
        return switch ((int) type.constant(Dw.ENCODING, 0)) {
            case 2 -> {
                BigInteger number = whole(bytes, false);
                yield number.bitLength() <= 1
                        ? new Value.Truth(number.signum() != 0)
                        : new Value.Whole(number);
            }
            case 3 -> complex(type, bytes);
            case 4 -> floating(type.string(Dw.NAME).orElse(""), bytes);
            case 5, 7 -> new Value.Whole(whole(bytes, isSigned(type)));
            case 6, 8, 0x10 -> bytes.limit() == 1
                    ? new Value.Letter(whole(bytes, isSigned(type)).intValue())
                    : new Value.Whole(whole(bytes, isSigned(type)));
            default -> new Value.Unknown("values of its type are not understood");
        };
    }

    private static Value complex(EntryReader type, ByteBuffer bytes) {
        int half = bytes.limit() / 2;
        String name = type.string(Dw.NAME).orElse("").replaceFirst("^complex ", "");
        return new Value.Structure(List.of(new Value.Field("real", floating(name, bytes.slice(0, half))),
                new Value.Field("imaginary", floating(name, bytes.slice(half, half)))));
    }

    private static Value floating(String name, ByteBuffer bytes) {
        long low = whole(bytes, false).longValue();
        return switch (bytes.limit()) {
            case Float.BYTES -> new Value.Floating(Float.toString(Float.intBitsToFloat((int) low)),
                    Float.intBitsToFloat((int) low));
            case Double.BYTES -> new Value.Floating(Double.toString(Double.longBitsToDouble(low)),
                    Double.longBitsToDouble(low));
            case 16 -> EXTENDED.contains(name)
                    ? extended(low, bytes.get(8) & 0xff | (bytes.get(9) & 0xff) << Byte.SIZE)
                    : new Value.Unknown("numbers of type " + name + " are not understood");
            default -> new Value.Unknown("numbers of " + bytes.limit() + " bytes are not understood");
        };
    }

    /** A number of the x87: 64 bits with an explicit integer bit, 15 bits of exponent (SDM volume 1, 4.2.2). */
    private static Value extended(long significand, int signAndExponent) {
        int exponent = signAndExponent & EXTENDED_SPECIAL;
        boolean negative = signAndExponent != exponent;
        if (exponent == EXTENDED_SPECIAL) {
            double special = significand << 1 != 0
                    ? Double.NaN
                    : negative ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
            return new Value.Floating(Double.toString(special), special);
        }
        int power = Math.max(exponent, 1) - EXTENDED_BIAS;
        BigDecimal digits = new BigDecimal(new BigInteger(Long.toUnsignedString(significand)));
        BigDecimal factor = new BigDecimal(BigInteger.TWO).pow(Math.abs(power));
        // 21 digits distinguish any two of these numbers.
        MathContext enough = new MathContext(21);
        BigDecimal number = power < 0 ? digits.divide(factor, enough) : digits.multiply(factor).round(enough);
        number = negative ? number.negate() : number;
        String text = number.signum() == 0 ? negative ? "-0" : "0" : number.stripTrailingZeros().toString();
        return new Value.Floating(text, number.signum() == 0 && negative ? -0.0 : number.doubleValue());
    }

    private Value enumeration(EntryReader type, ByteBuffer bytes) {
        List<EnumLayout.Value> constants = types.constants(type);
        boolean negative = constants.stream().anyMatch(constant -> constant.number() < 0);
        BigInteger number = whole(bytes, negative);
        return new Value.Constant(EnumNames.of(constants, number), number);
    }

    private Value pointer(EntryReader type, long address) {
        OptionalLong target = type.reference(Dw.TYPE);
        for (int i = 0; target.isPresent() && i < TypeNames.DEEPEST; i++) {
            EntryReader pointed = types.definition(target.getAsLong());
            switch (pointed.tag()) {
                case Dw.TAG_TYPEDEF, Dw.TAG_CONST, Dw.TAG_VOLATILE, Dw.TAG_RESTRICT ->
                    target = pointed.reference(Dw.TYPE);
                default -> {
                    return isLetter(pointed)
                            ? text(address)
                            : new Value.Pointer(address, pointed.tag() == Dw.TAG_SUBROUTINE_TYPE);
                }
            }
        }
        return new Value.Pointer(address, false);
    }

    private static boolean isLetter(EntryReader type) {
        long encoding = type.constant(Dw.ENCODING, 0);
        return type.tag() == Dw.TAG_BASE && type.constant(Dw.BYTE_SIZE, 0) == 1 && (encoding == 6 || encoding == 8);
    }

    /** Reads up to the NUL, and not beyond mapped memory. */
    private Value text(long address) {
        byte[] found = new byte[limits.elements()];
        int length = 0;
        while (length < limits.elements()) {
            long from = address + length;
            byte[] next = new byte[(int) Math.min(limits.elements() - length, PAGE - (from & (PAGE - 1)))];
            if (!context.read(from, next)) {
                break;
            }
            for (byte letter : next) {
                if (letter == 0) {
                    return new Value.Text(address, ByteBuffer.wrap(found, 0, length).slice().asReadOnlyBuffer(), true);
                }
                found[length++] = letter;
            }
        }
        return length == 0
                ? new Value.Pointer(address, false)
                : new Value.Text(address, ByteBuffer.wrap(found, 0, length).slice().asReadOnlyBuffer(), false);
    }

    private Value structure(EntryReader type, Content content, long offset, int depth) {
        if (type.flag(Dw.DECLARATION)) {
            return new Value.Unknown("its type is only declared here");
        }
        List<Value.Field> fields = new ArrayList<>();
        for (DataType.Member member : types.members(type)) {
            OptionalLong place = member.bitOffset().isPresent()
                    ? member.bitOffset()
                    : virtualBase(member, content, offset);
            String name = member.base() ? "<" + member.name() + ">" : member.name();
            if (place.isEmpty()) {
                fields.add(new Value.Field(name, new Value.Unknown("the place of a virtual base class is not known")));
            } else if (member.bits().isPresent()) {
                fields.add(new Value.Field(name, bitField(member.type(), content,
                        offset * Byte.SIZE + place.getAsLong(),
                        (int) Math.min(member.bits().getAsLong(), Integer.MAX_VALUE))));
            } else {
                fields.add(new Value.Field(name,
                        read(member.type(), content, offset + place.getAsLong() / Byte.SIZE, depth + 1)));
            }
            if (values > limits.values()) {
                break;
            }
        }
        return new Value.Structure(fields);
    }

    /** Where a virtual base class is in an object, in bits. */
    private OptionalLong virtualBase(DataType.Member base, Content content, long offset) {
        return content.location() instanceof Location.Memory memory
                ? types.virtualBase(base, memory.address() + offset, context)
                : OptionalLong.empty();
    }

    /** The value of a bit field. */
    Value bitField(OptionalLong reference, Content content, long bitOffset, int bits) {
        long start = bitOffset / Byte.SIZE;
        int shift = (int) (bitOffset % Byte.SIZE);
        if (bits < 1 || bits > Long.SIZE) {
            return new Value.Unknown("a bit field of " + bits + " bits");
        }
        Content.Part part = content.read(start, (shift + bits + Byte.SIZE - 1) / Byte.SIZE);
        if (part.missing().isPresent()) {
            return missing(part.missing().get());
        }
        EntryReader type = types.unqualified(reference);
        BigInteger number = whole(part.bytes(), false).shiftRight(shift)
                .mod(BigInteger.ONE.shiftLeft(bits));
        boolean negative = isSigned(type) && number.testBit(bits - 1);
        number = negative ? number.subtract(BigInteger.ONE.shiftLeft(bits)) : number;
        byte[] extended = new byte[Long.BYTES];
        for (int i = 0; i < Long.BYTES; i++) {
            extended[i] = number.shiftRight(i * Byte.SIZE).byteValue();
        }
        int size = Math.clamp(type.constant(Dw.BYTE_SIZE, Long.BYTES), 1, Long.BYTES);
        return scalar(type, new Content.Part(ByteBuffer.wrap(extended, 0, size).slice(), Optional.empty()));
    }

    private Value array(EntryReader type, Content content, long offset, int depth) {
        OptionalLong element = type.reference(Dw.TYPE);
        OptionalLong size = types.size(element, 0);
        List<Long> counts = counts(type);
        if (size.isEmpty() || size.getAsLong() <= 0 || counts.stream().anyMatch(count -> count < 0)) {
            return new Value.Unknown("its number of elements is unknown");
        }
        return array(element, size.getAsLong(), counts, content, offset, depth);
    }

    private Value array(OptionalLong element, long size, List<Long> counts, Content content, long offset, int depth) {
        if (counts.isEmpty()) {
            return read(element, content, offset, depth + 1);
        }
        long count = counts.getFirst();
        int some = (int) Math.min(count, limits.elements());
        List<Long> inner = counts.subList(1, counts.size());
        if (inner.isEmpty() && some > 0 && isLetter(types.unqualified(element))) {
            Content.Part part = content.read(offset, some);
            if (part.missing().isEmpty()) {
                return new Value.Characters(part.bytes(), count);
            }
        }
        long step = size;
        for (long each : inner) {
            step *= each;
        }
        List<Value> elements = new ArrayList<>();
        for (int i = 0; i < some && values <= limits.values(); i++) {
            values++;
            elements.add(array(element, size, inner, content, offset + i * step, depth + 1));
        }
        return new Value.Array(elements, count);
    }

    /** The dimensions, which may be in the type, a variable or an expression. */
    private List<Long> counts(EntryReader array) {
        List<Long> counts = new ArrayList<>();
        while (array.hasNextBelow()) {
            if (array.tag() == Dw.TAG_SUBRANGE && array.depth() == 1) {
                long known = TypeNames.count(array);
                TypeNames.checkDimensions(array, counts.size() + 1);
                counts.add(known >= 0 ? known : Math.max(-1, bound(array) + 1));
            }
        }
        return counts;
    }

    /** The last index of an array whose length is known only at run time; -2 if it is unknown. */
    private long bound(EntryReader range) {
        Optional<Expression> expression = range.block(Dw.UPPER_BOUND)
                .map(bytes -> Expression.read(bytes, range.unit().expressions()));
        Location found = new Location.OptimisedOut();
        if (expression.isPresent()) {
            found = Evaluator.compute(expression.get(), context);
        } else if (TypeNames.refers(range.form(Dw.UPPER_BOUND))) {
            long variable = range.reference(Dw.UPPER_BOUND).orElseThrow();
            found = variables.apply(variable);
            long size = types.size(TypeNames.typeOf(world, variable, work), 0).orElse(0);
            Content.Part part = new Content(found, context).read(0, Math.clamp(size, 0, Long.BYTES));
            found = part.missing().orElseGet(() -> new Location.Value(part.bytes()));
        }
        return found instanceof Location.Value value ? value.number() : -2;
    }
}
