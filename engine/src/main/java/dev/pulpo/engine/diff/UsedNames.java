package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

/**
 * A number for what functions of one build use, which is the same in another build that uses the same: imports, functions that
 * are matched already, texts, and the contents of tables.
 */
final class UsedNames {
    /** Of data of which nothing can be told. */
    static final long NOTHING = 0;
    private static final int LONGEST_TEXT = 256;
    /** How much of a table counts, and how far its pointers are followed. */
    private static final int LONGEST_TABLE = 512;
    private static final int DEPTH = 2;

    private final CodeNames build;
    private final LongUnaryOperator function;
    private final Map<Place, Long> tables = new HashMap<>();

    private record Place(long address, int depth) {}

    /** @param function a number for the function at an address, the same for its twin; 0 where it has none yet */
    UsedNames(CodeNames build, LongUnaryOperator function) {
        this.build = build;
        this.function = function;
    }

    /** Of the functions and texts that a function uses. */
    long of(FunctionShape shape) {
        long hash = 7;
        for (FunctionShape.Reference reference : shape.references()) {
            hash = hash * 31 + name(reference);
        }
        return hash;
    }

    /** As {@link #of}, with the contents of constants whose addresses it takes; {@link #NOTHING} where it takes none. */
    long ofData(FunctionShape shape) {
        long hash = of(shape);
        boolean told = false;
        for (FunctionShape.Reference reference : shape.references()) {
            if (reference.kind() == FunctionShape.Kind.ADDRESS && build.isConstant(reference.target())) {
                long table = table(reference.target(), DEPTH);
                told |= table != NOTHING;
                hash = hash * 31 + table;
            }
        }
        return told ? hash : NOTHING;
    }

    private long name(FunctionShape.Reference reference) {
        long target = reference.target();
        Optional<Long> slot = build.isLinkerTable(target) ? Optional.of(target) : build.pltSlot(target);
        Optional<String> imported = slot.flatMap(build::relocation).flatMap(build::symbol).map(ElfSymbol::name);
        if (imported.isPresent()) {
            return imported.get().hashCode();
        }
        if (build.shapeAt(target).filter(shape -> shape.start() == target).isPresent()) {
            return function.applyAsLong(target);
        }
        boolean constant = build.section(target).filter(section -> !section.isWritable()).isPresent();
        if (constant && reference.kind() == FunctionShape.Kind.MEMORY) {
            return Arrays.hashCode(build.bytes(target, reference.size()));
        }
        return constant ? text(target) : NOTHING;
    }

    private long text(long address) {
        byte[] bytes = build.bytes(address, LONGEST_TEXT);
        int length = 0;
        while (length < bytes.length && (bytes[length] >= ' ' || bytes[length] == '\n')) {
            length++;
        }
        return length > 3 && length < bytes.length && bytes[length] == 0
                ? Arrays.hashCode(Arrays.copyOf(bytes, length))
                : NOTHING;
    }

    /** Of what is at an address up to the next thing that something refers to, pointers by what they lead to. */
    private long table(long address, int depth) {
        Place place = new Place(address, depth);
        Long known = tables.get(place);
        if (known != null) {
            return known;
        }
        long text = text(address);
        long hash = text == NOTHING ? words(address, depth) : text;
        tables.put(place, hash);
        return hash;
    }

    private long words(long address, int depth) {
        byte[] bytes = build.bytes(address, Math.min(build.extent(address), LONGEST_TABLE));
        long hash = NOTHING;
        for (Relocation relocation : build.relocated(address, address + bytes.length)) {
            int offset = (int) (relocation.offset().value() - address);
            Arrays.fill(bytes, offset, Math.min(bytes.length, offset + Long.BYTES), (byte) 0);
            hash = hash * 31 + offset;
            hash = hash * 31 + word(relocation, depth);
        }
        for (byte each : bytes) {
            hash = hash * 31 + each;
        }
        return hash;
    }

    private long word(Relocation relocation, int depth) {
        Optional<ElfSymbol> symbol = build.symbol(relocation);
        if (symbol.isPresent()) {
            return symbol.get().name().hashCode() + relocation.addend();
        }
        Optional<Long> pointer = build.pointer(relocation);
        if (pointer.isEmpty()) {
            return relocation.addend();
        }
        long target = pointer.get();
        if (build.shapeAt(target).isPresent()) {
            return function.applyAsLong(target);
        }
        return depth > 0 && build.isConstant(target) ? table(target, depth - 1) : NOTHING;
    }
}
