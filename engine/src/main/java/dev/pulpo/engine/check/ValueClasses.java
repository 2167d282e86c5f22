package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.CompiledUnit;
import dev.pulpo.elf.dwarf.StructLayout;
import dev.pulpo.elf.dwarf.StructLayout.Member;
import dev.pulpo.elf.dwarf.TypeLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How the ABI passes values of the types of one object: each eightbyte in a general or a vector register, or all in memory
 * (psABI, section 3.2.3). The classes of structures are known in C alone: C++ passes some by reference. Of {@code __int128}
 * nothing is known: where registers run out, clang 17 and older pass one half in a register and the other on the stack.
 */
final class ValueClasses {
    private static final Set<String> INTEGERS = Set.of("char", "short", "int", "long", "unsigned", "signed", "_Bool",
            "bool", "__int8", "char8_t", "char16_t", "char32_t", "wchar_t", "enum");
    private static final Set<String> QUALIFIERS = Set.of("const ", "volatile ");
    private static final Pattern AGGREGATE = Pattern.compile("struct\\b|union\\b|class\\b");
    private static final Pattern DIMENSION = Pattern.compile("\\[(\\d{1,9})]");
    /** Longer values are in memory, unless they are one vector. */
    private static final long LONGEST_BITS = 2 * Long.SIZE;
    private static final long LONGEST_VECTOR_BITS = 8 * Long.SIZE;
    private static final int DEEPEST = 8;
    private static final int MOST_MEMBERS = 1000;

    /** Of an eightbyte. */
    enum Kind {
        GENERAL, VECTOR
    }

    /** In the order in which one member decides for the whole. */
    private enum Passing {
        IN_REGISTERS, IN_MEMORY, UNKNOWN
    }

    /**
     * A class of values.
     *
     * @param words     of each eightbyte; none of a value in memory
     * @param size      in bytes
     * @param alignment on the stack, in bytes
     */
    record ValueClass(List<Kind> words, int size, int alignment) {
        ValueClass {
            words = List.copyOf(words);
        }

        static ValueClass of(Kind... words) {
            return new ValueClass(List.of(words), words.length * Long.BYTES, Long.BYTES);
        }

        static ValueClass inMemory(long bytes, int alignment) {
            return new ValueClass(List.of(), (int) Math.min(Integer.MAX_VALUE / 2, bytes), alignment);
        }

        boolean isInMemory() {
            return words.isEmpty();
        }
    }

    private final CodeFacts facts;
    private final Map<String, Optional<ValueClass>> structures = new HashMap<>();
    private @Nullable Boolean inC;
    /** How many members may still be looked at. */
    private int left;

    ValueClasses(CodeFacts facts) {
        this.facts = facts;
    }

    /** The class of values of a type; empty if it is not known. */
    Optional<ValueClass> of(String type) {
        return scalar(resolved(type)).or(() -> isInC()
                ? structures.computeIfAbsent(unqualified(type), this::structure)
                : Optional.empty());
    }

    /** A type without names of {@code typedef}. */
    String resolved(String type) {
        return SignatureCheck.resolved(facts.info(), type);
    }

    /** Whether values of a type take a general register, and are smaller than it. */
    boolean isNarrow(String type) {
        String resolved = resolved(type);
        return scalar(resolved).filter(ValueClass.of(Kind.GENERAL)::equals).isPresent() && !resolved.contains("*")
                && !resolved.contains("&") && !resolved.contains("long");
    }

    private boolean isInC() {
        Boolean known = inC;
        if (known == null) {
            List<CompiledUnit> units = facts.info().units();
            known = !units.isEmpty() && units.stream().allMatch(CompiledUnit::plain);
            inC = known;
        }
        return known;
    }

    private static String unqualified(String type) {
        return QUALIFIERS.stream().filter(type::startsWith).findFirst()
                .map(word -> unqualified(type.substring(word.length()))).orElse(type);
    }

    /** Of a type that is no structure. */
    private static Optional<ValueClass> scalar(String qualified) {
        String type = unqualified(qualified);
        if (type.endsWith("*") || type.contains("&")) {
            return Optional.of(ValueClass.of(Kind.GENERAL));
        }
        boolean isInteger = INTEGERS.contains(type.contains(" ") ? type.substring(0, type.indexOf(' ')) : type);
        return switch (type) {
            case "double", "float", "complex float" -> Optional.of(ValueClass.of(Kind.VECTOR));
            case "complex double" -> Optional.of(ValueClass.of(Kind.VECTOR, Kind.VECTOR));
            case "long double" -> Optional.of(ValueClass.inMemory(2 * Long.BYTES, 2 * Long.BYTES));
            case "complex long double" -> Optional.of(ValueClass.inMemory(4 * Long.BYTES, 2 * Long.BYTES));
            default -> isInteger && !type.contains("[") && !type.contains("(")
                    ? Optional.of(ValueClass.of(Kind.GENERAL))
                    : Optional.empty();
        };
    }

    /** Of a structure or union; empty as well if there are different ones of its name. */
    private Optional<ValueClass> structure(String name) {
        List<Optional<ValueClass>> found = layouts(name).map(this::structure).distinct().toList();
        return found.size() == 1 ? found.getFirst() : Optional.empty();
    }

    /** All of a name, or the one that a {@code typedef} names, if there are not several of different sizes. */
    private Stream<StructLayout> layouts(String name) {
        List<TypeLayout> types = facts.info().types(name);
        List<StructLayout> named = types.stream().filter(StructLayout.class::isInstance).map(StructLayout.class::cast)
                .toList();
        return !named.isEmpty()
                ? named.stream()
                : types.stream().map(TypeLayout::size).distinct().count() == 1
                        ? facts.info().layout(name).stream()
                        : Stream.empty();
    }

    private Optional<ValueClass> structure(StructLayout layout) {
        long bits = layout.size() * Byte.SIZE;
        if (bits > LONGEST_VECTOR_BITS
                || bits > LONGEST_BITS && layout.members().stream().noneMatch(this::mayBeVector)) {
            return Optional.of(ValueClass.inMemory(layout.size(), Long.BYTES));
        }
        if (bits == 0 || bits > LONGEST_BITS) {
            return Optional.empty();
        }
        left = MOST_MEMBERS;
        Kind[] words = new Kind[(int) ((bits + Long.SIZE - 1) / Long.SIZE)];
        return switch (add(words, layout, 0, DEEPEST)) {
            case UNKNOWN -> Optional.empty();
            case IN_MEMORY -> Optional.of(ValueClass.inMemory(layout.size(), Long.BYTES));
            case IN_REGISTERS -> Optional.of(ValueClass.of(Arrays.stream(words)
                    .map(kind -> kind == null ? Kind.VECTOR : kind).toArray(Kind[]::new)));
        };
    }

    private boolean mayBeVector(Member member) {
        String type = unqualified(resolved(member.type()));
        return scalar(element(type)).isEmpty() && !AGGREGATE.matcher(type).lookingAt();
    }

    private static String element(String type) {
        int array = type.indexOf('[');
        return array < 0 ? type : type.substring(0, array);
    }

    /** Adds what the members of a structure make of the eightbytes of one that it is in. */
    private Passing add(Kind[] words, StructLayout layout, long offset, int depth) {
        Passing all = Passing.IN_REGISTERS;
        for (Member member : layout.members()) {
            Passing one = member.bitSize() == 0 ? all : add(words, member, offset + member.bitOffset(), depth);
            all = one.compareTo(all) > 0 ? one : all;
        }
        return all;
    }

    private Passing add(Kind[] words, Member member, long offset, int depth) {
        String type = resolved(member.type());
        long count = DIMENSION.matcher(type).results().mapToLong(one -> Long.parseLong(one.group(1)))
                .reduce(1, (a, b) -> a * b);
        long end = offset + member.bitSize();
        if (count <= 0 || member.bitSize() % count != 0 || depth == 0 || --left < 0 || member.bitSize() < 0
                || offset < 0
                || end > (long) words.length * Long.SIZE) {
            return Passing.UNKNOWN;
        }
        long size = member.bitSize() / count;
        Optional<ValueClass> scalar = scalar(element(type));
        List<StructLayout> inner = scalar.isPresent()
                ? List.of()
                : layouts(unqualified(element(member.type()))).toList();
        if (scalar.isPresent()
                ? scalar.get().isInMemory()
                        || scalar.get().size() * (long) Byte.SIZE > (size + Long.SIZE - 1) / Long.SIZE * Long.SIZE
                : inner.size() != 1) {
            return Passing.UNKNOWN;
        }
        if (scalar.isPresent() && !member.bitField() && offset % Math.min(size, Long.SIZE) != 0) {
            return Passing.IN_MEMORY;
        }
        Passing all = Passing.IN_REGISTERS;
        for (long at = offset; at < end; at += size) {
            if (scalar.isEmpty()) {
                Passing one = add(words, inner.getFirst(), at, depth - 1);
                all = one.compareTo(all) > 0 ? one : all;
            } else {
                for (int i = 0; i < scalar.get().words().size(); i++) {
                    int word = (int) (at / Long.SIZE) + i;
                    // Of two classes in one eightbyte, general registers win.
                    words[word] = words[word] == Kind.GENERAL ? Kind.GENERAL : scalar.get().words().get(i);
                }
            }
        }
        return all;
    }
}
