package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.Section;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Whether code and data of two builds mean the same, given what of one is what of the other. */
final class Sameness {
    /** A table without a bound of its own is read no further than this. */
    private static final int LARGEST_TABLE = 1 << 16;

    private final CodeNames old;
    private final CodeNames replacement;
    private final Twins twins;
    /** Constants that were compared; those that are being compared count as the same, for they may refer to themselves. */
    private final Map<Pair, Boolean> constants = new HashMap<>();

    private record Pair(long old, long replacement) {}

    /** What of one build is what of the other. */
    interface Twins {
        /** Whether two places, of code or of variables, are the same one. */
        boolean areSame(long old, long replacement);

        /** Whether two functions are, that begin there. */
        boolean areSameFunctions(ElfSymbol old, ElfSymbol replacement);
    }

    /** Tells of a place in the old build and one in the new. */
    @FunctionalInterface
    interface Places {
        boolean test(long old, long replacement);
    }

    Sameness(CodeNames old, CodeNames replacement, Twins twins) {
        this.old = old;
        this.replacement = replacement;
        this.twins = twins;
    }

    boolean functions(FunctionShape was, FunctionShape is) {
        return was.isLike(is) && (areBytes(was, is) || difference(was, is).isEmpty());
    }

    /** What lies between functions may be constants, of which no reference makes sense. */
    private boolean areBytes(FunctionShape was, FunctionShape is) {
        return old.unnamed().isGap(was.function()) && replacement.unnamed().isGap(is.function())
                && java.util.Arrays.equals(old.bytes(was.start(), was.function().size()),
                        replacement.bytes(is.start(), is.function().size()));
    }

    /** The first reference of two functions, alike otherwise, that does not lead to the same. */
    Optional<FunctionShape.Reference> difference(FunctionShape was, FunctionShape is) {
        List<FunctionShape.Reference> before = was.references();
        List<FunctionShape.Reference> after = is.references();
        for (int i = 0; i < before.size(); i++) {
            if (!references(was, before.get(i), is, after.get(i))) {
                return Optional.of(after.get(i));
            }
        }
        return Optional.empty();
    }

    /** Whether the references of two functions, alike otherwise, lead to the same, or to two places of which this holds. */
    boolean differOnlyBy(FunctionShape was, FunctionShape is, Places allowed) {
        List<FunctionShape.Reference> before = was.references();
        List<FunctionShape.Reference> after = is.references();
        for (int i = 0; i < before.size(); i++) {
            if (!references(was, before.get(i), is, after.get(i))
                    && !allowed.test(before.get(i).target(), after.get(i).target())) {
                return false;
            }
        }
        return true;
    }

    boolean references(FunctionShape was, FunctionShape.Reference before, FunctionShape is,
            FunctionShape.Reference after) {
        if (before.instruction() != after.instruction() || before.kind() != after.kind()) {
            return false;
        }
        return switch (after.kind()) {
            case CALL, JUMP, CONDITIONAL -> branches(before.target(), after.target())
                    || areNowhere(was, before.target(), is, after.target());
            case ADDRESS -> addresses(was, before.target(), is, after.target());
            case MEMORY -> memory(was, before.target(), is, after.target(), after.size());
        };
    }

    /** Constants among code, taken for branches, may seem to lead to padding. As bytes they are the same. */
    private boolean areNowhere(FunctionShape was, long before, FunctionShape is, long after) {
        return old.shapeAt(before).isEmpty() && replacement.shapeAt(after).isEmpty() && old.pltSlot(before).isEmpty()
                && replacement.pltSlot(after).isEmpty() && before - was.start() == after - is.start();
    }

    private boolean branches(long was, long is) {
        Optional<Long> oldSlot = old.pltSlot(was);
        Optional<Long> slot = replacement.pltSlot(is);
        if (oldSlot.isPresent() || slot.isPresent()) {
            return oldSlot.isPresent() && slot.isPresent() && slots(oldSlot.get(), slot.get());
        }
        return code(was, is);
    }

    boolean code(long was, long is) {
        Optional<FunctionShape> before = old.shapeAt(was);
        Optional<FunctionShape> after = replacement.shapeAt(is);
        if (before.isEmpty() || after.isEmpty()) {
            return before.isEmpty() && after.isEmpty()
                    && NameMatcher.exact(old, replacement, is).filter(place -> place == was).isPresent();
        }
        return twins.areSameFunctions(before.get().function(), after.get().function())
                && (before.get().numberAt(was) == after.get().numberAt(is)
                        || old.unnamed().isGap(before.get().function())
                                && was - before.get().start() == is - after.get().start());
    }

    /** Words that the loader fills. */
    boolean slots(long was, long is) {
        Optional<Relocation> before = old.relocation(was);
        Optional<Relocation> after = replacement.relocation(is);
        if (before.isEmpty() || after.isEmpty()) {
            return before.isEmpty() && after.isEmpty() && old.word(was).equals(replacement.word(is));
        }
        return words(before.get(), after.get());
    }

    private boolean words(Relocation before, Relocation after) {
        Optional<ElfSymbol> oldSymbol = old.symbol(before);
        Optional<ElfSymbol> symbol = replacement.symbol(after);
        if (oldSymbol.isPresent() && symbol.isPresent()) {
            return oldSymbol.get().name().equals(symbol.get().name()) && before.addend() == after.addend()
                    && oldSymbol.get().isDefined() == symbol.get().isDefined()
                    && (symbol.get().isDefined() || areVersions(version(oldSymbol.get()), version(symbol.get())));
        }
        Optional<Long> oldPointer = old.pointer(before);
        Optional<Long> pointer = replacement.pointer(after);
        if (oldPointer.isPresent() && pointer.isPresent()) {
            return pointers(oldPointer.get(), pointer.get());
        }
        return oldPointer.isEmpty() && pointer.isEmpty() && before.type().equals(after.type())
                && before.addend() == after.addend() && oldSymbol.isEmpty() && symbol.isEmpty();
    }

    /** A build that needs no library has no version for what all builds refer to, such as __cxa_finalize. */
    private static boolean areVersions(String was, String is) {
        return was.equals(is) || was.isEmpty() || is.isEmpty();
    }

    private static String version(ElfSymbol symbol) {
        return symbol.version().map(version -> version.name()).orElse("");
    }

    /** What the loader makes of two words of data. */
    boolean pointers(long was, long is) {
        Optional<Section> before = old.section(was);
        Optional<Section> after = replacement.section(is);
        if (before.isPresent() && after.isPresent() && before.get().isExecutable() && after.get().isExecutable()) {
            return code(was, is);
        }
        return data(was, is);
    }

    private boolean addresses(FunctionShape was, long before, FunctionShape is, long after) {
        if (was.contains(before) || is.contains(after)) {
            return was.contains(before) && is.contains(after) && was.numberAt(before) == is.numberAt(after);
        }
        Optional<Section> oldSection = old.section(before);
        Optional<Section> section = replacement.section(after);
        if (oldSection.isPresent() && section.isPresent()) {
            if (oldSection.get().isExecutable() || section.get().isExecutable()) {
                return oldSection.get().isExecutable() && section.get().isExecutable() && branches(before, after);
            }
            if (old.isLinkerTable(before) && replacement.isLinkerTable(after)) {
                return slots(before, after) || isStart(oldSection.get(), before) && isStart(section.get(), after);
            }
            if (isTable(old, was, before) || isTable(replacement, is, after)) {
                // By chance numbers look like distances to the function.
                return isTable(old, was, before) && isTable(replacement, is, after)
                        && tables(was, before, is, after) || data(before, after);
            }
        }
        return data(before, after) || endsOf(was, before, is, after)
                || (old.unnamed().isGap(was.function())
                        || isFrames(oldSection) && isFrames(section)) && areEnds(before, after);
    }

    /** The beginning of a table of the linker stands for the table. */
    private static boolean isStart(Section section, long address) {
        return section.address().value() == address;
    }

    /** No code uses call frame information: where it begins, the constants in front of it end. */
    private static boolean isFrames(Optional<Section> section) {
        return section.filter(each -> each.name().startsWith(".eh_frame")).isPresent();
    }

    /** The end of the same section, as start-up code that the compiler brings along takes it. */
    private boolean areEnds(long was, long is) {
        return replacement.sections().stream().filter(section -> section.address().value() + section.size() == is)
                .anyMatch(section -> old.sections().stream().anyMatch(other -> other.name().equals(section.name())
                        && other.address().value() + other.size() == was));
    }

    /** The end of what the function uses as well, and may be the beginning of something else in one of the builds. */
    private boolean endsOf(FunctionShape was, long before, FunctionShape is, long after) {
        for (int i = 0; i < is.references().size(); i++) {
            FunctionShape.Reference its = is.references().get(i);
            FunctionShape.Reference one = was.references().get(i);
            boolean data = its.kind() == FunctionShape.Kind.ADDRESS && one.kind() == its.kind();
            if (data && its.target() != after && after - its.target() == before - one.target()
                    && !replacement.isConstant(its.target()) && twins.areSame(one.target(), its.target())
                    && after - its.target() > 0 && after - its.target() <= replacement.extent(its.target())) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTable(CodeNames names, FunctionShape shape, long address) {
        return names.section(address).filter(section -> !section.isWritable()).isPresent()
                && names.extent(address) >= Integer.BYTES && shape.contains(address + entry(names, address, 0));
    }

    private static long entry(CodeNames names, long table, int index) {
        byte[] bytes = names.bytes(table + 4L * index, Integer.BYTES);
        return bytes.length < Integer.BYTES
                ? Long.MIN_VALUE
                : ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getInt();
    }

    /**
     * Tables of distances from their own beginning to instructions of the function, as compilers make of {@code switch}. The
     * next thing that something refers to bounds them.
     */
    private boolean tables(FunctionShape was, long before, FunctionShape is, long after) {
        long count = Math.min(Math.min(old.extent(before), replacement.extent(after)), LARGEST_TABLE) / Integer.BYTES;
        for (int i = 0; i < count; i++) {
            long oldTarget = before + entry(old, before, i);
            long target = after + entry(replacement, after, i);
            if (was.contains(oldTarget) != is.contains(target)) {
                return false;
            }
            if (was.contains(oldTarget)) {
                if (was.numberAt(oldTarget) != is.numberAt(target)) {
                    return false;
                }
            } else if (!code(oldTarget, target)) {
                return old.shapeAt(oldTarget).isEmpty() || replacement.shapeAt(target).isEmpty();
            }
        }
        return true;
    }

    private boolean memory(FunctionShape was, long before, FunctionShape is, long after, int size) {
        if (was.contains(before) && is.contains(after)) {
            return was.numberAt(before) == is.numberAt(after);
        }
        boolean slot = old.isLinkerTable(before);
        if (slot || replacement.isLinkerTable(after)) {
            return slot && replacement.isLinkerTable(after) && slots(before, after);
        }
        if (isFixed(old, before) && isFixed(replacement, after)) {
            return java.util.Arrays.equals(old.bytes(before, size), replacement.bytes(after, size));
        }
        if (old.isConstant(before) && replacement.isConstant(after)
                && old.relocation(before).isPresent() && replacement.relocation(after).isPresent()) {
            return slots(before, after);
        }
        return data(before, after) || old.isConstant(before) && replacement.isConstant(after)
                && old.relocated(before, before + size).isEmpty()
                && replacement.relocated(after, after + size).isEmpty()
                && java.util.Arrays.equals(old.bytes(before, size), replacement.bytes(after, size));
    }

    /** Assembly keeps constants among its code. */
    private static boolean isFixed(CodeNames names, long address) {
        return names.section(address).filter(section -> !section.isWritable()).isPresent();
    }

    private static boolean isReadOnly(CodeNames names, long address) {
        return names.section(address).filter(section -> !section.isWritable() && !section.isExecutable()).isPresent();
    }

    /** Whether two addresses of data mean the same: constants what they hold, variables which ones they are. */
    boolean data(long was, long is) {
        Optional<Section> before = old.section(was);
        Optional<Section> after = replacement.section(is);
        if (before.isEmpty() || after.isEmpty()) {
            return before.isEmpty() && after.isEmpty() && beyond(old, was) == beyond(replacement, is)
                    || twins.areSame(was, is);
        }
        if (old.isConstant(was) && replacement.isConstant(is)) {
            return contents(was, is);
        }
        return !old.isConstant(was) && !replacement.isConstant(is) && !before.get().isExecutable()
                && !after.get().isExecutable() && twins.areSame(was, is);
    }

    /** How far behind the end of the last section in front of it. */
    private static long beyond(CodeNames names, long address) {
        return names.sections().stream().mapToLong(section -> section.address().value() + section.size())
                .filter(end -> end - address <= 0).map(end -> address - end).min().orElse(address);
    }

    /** Whether two constants hold the same. */
    synchronized boolean contents(long was, long is) {
        Pair pair = new Pair(was, is);
        Boolean known = constants.putIfAbsent(pair, true);
        if (known != null) {
            return known;
        }
        boolean same = compare(was, is);
        if (!same) {
            // What was found the same meanwhile may have been so on the assumption that these are.
            constants.values().removeIf(each -> each);
        }
        constants.put(pair, same);
        return same;
    }

    /** Whether two variables begin with the same, or two constants hold the same. */
    boolean compare(long was, long is) {
        long before = old.extent(was);
        long after = replacement.extent(is);
        long both = Math.min(before, after);
        return (bytes(was, is, both) || relative(was, is, both)) && (before == after
                || (before > after
                        ? isZero(old, was + both, before - both)
                        : isZero(replacement, is + both, after - both))
                || bytes(was + both, is + both, Math.max(before, after) - both));
    }

    private static boolean isZero(CodeNames names, long from, long count) {
        if (!names.relocated(from, from + count).isEmpty()) {
            return false;
        }
        for (byte each : names.bytes(from, count)) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean bytes(long was, long is, long count) {
        byte[] before = old.bytes(was, count);
        byte[] after = replacement.bytes(is, count);
        if (before.length != after.length) {
            return false;
        }
        List<Relocation> oldWords = old.relocated(was, was + count);
        List<Relocation> words = replacement.relocated(is, is + count);
        if (oldWords.size() != words.size()) {
            return false;
        }
        for (int i = 0; i < words.size(); i++) {
            long offset = words.get(i).offset().value() - is;
            if (oldWords.get(i).offset().value() - was != offset || !words(oldWords.get(i), words.get(i))) {
                return false;
            }
            blank(before, (int) offset);
            blank(after, (int) offset);
        }
        return java.util.Arrays.equals(before, after);
    }

    private static void blank(byte[] bytes, int from) {
        java.util.Arrays.fill(bytes, from, Math.min(bytes.length, from + Long.BYTES), (byte) 0);
    }

    /** Tables of distances from their own beginning to constants or functions, as clang makes of {@code switch}. */
    private boolean relative(long was, long is, long count) {
        if (count < 2 * Integer.BYTES || !isReadOnly(old, was) || !isReadOnly(replacement, is)) {
            return false;
        }
        for (int i = 0; i < count / Integer.BYTES; i++) {
            long before = entry(old, was, i);
            long after = entry(replacement, is, i);
            boolean padding = before == 0 && after == 0 && i > 1;
            if (!padding && (!isPlace(old, was + before) || !isPlace(replacement, is + after)
                    || !pointers(was + before, is + after))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isPlace(CodeNames names, long address) {
        return names.section(address).filter(section -> section.isExecutable()
                || section.name().contains("rodata") || section.name().startsWith(".data.rel.ro")).isPresent();
    }
}
