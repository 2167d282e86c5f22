package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.cfi.CfiRow;
import dev.pulpo.elf.cfi.CfiTable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Parts of functions that the compiler has moved away. They are entered from their function only, and are not replaced alone.
 * One without a symbol is known by the frame that it begins with, or by a conditional branch that leads to it.
 */
final class Parts {
    /** DWARF's number of {@code rsp} (psABI, figure 3.36). */
    private static final int STACK_POINTER = 7;

    private final CodeNames names;
    private final Map<Long, Long> owners = new HashMap<>();
    private @Nullable CfiTable frames;

    Parts(CodeNames names) {
        this.names = names;
        Map<Long, Set<Long>> jumpsFrom = new HashMap<>();
        Set<Long> conditional = new HashSet<>();
        Set<Long> otherwise = new HashSet<>();
        names.shapes().values().forEach(shape -> shape.references().forEach(reference -> names
                .shapeAt(reference.target()).filter(target -> names.isUnnamed(target.function()))
                .ifPresent(target -> {
                    switch (reference.kind()) {
                        case CONDITIONAL, JUMP -> {
                            jumpsFrom.computeIfAbsent(target.start(), added -> new HashSet<>()).add(shape.start());
                            if (reference.kind() == FunctionShape.Kind.CONDITIONAL) {
                                conditional.add(target.start());
                            }
                        }
                        case CALL, ADDRESS, MEMORY -> otherwise.add(target.start());
                    }
                })));
        names.relocated().forEach(place -> names.relocation(place).flatMap(names::pointer)
                .flatMap(names::shapeAt).ifPresent(target -> otherwise.add(target.start())));
        jumpsFrom.forEach((start, from) -> {
            boolean mayBe = from.size() == 1 && !otherwise.contains(start)
                    && !names.unnamed().isGap(names.shape(start).function());
            if (mayBe && (conditional.contains(start) || beginsInside(start))) {
                owners.put(start, from.iterator().next());
            }
        });
    }

    private boolean beginsInside(long start) {
        if (frames == null) {
            frames = CfiTable.of(names.code().elf());
        }
        return frames.row(new dev.pulpo.elf.LinkAddress(start)).map(CfiRow::cfa)
                .filter(rule -> !rule.equals(new CfiRow.CfaRule.RegisterOffset(STACK_POINTER, Long.BYTES))).isPresent();
    }

    boolean isPart(ElfSymbol symbol) {
        return isNamedPart(symbol) || owners.containsKey(symbol.value());
    }

    private static boolean isNamedPart(ElfSymbol symbol) {
        return symbol.name().contains(".cold") && symbol.name().matches(".*[.]cold([.].*)?");
    }

    /** The function that a part belongs to; empty for whole functions. */
    Optional<ElfSymbol> owner(ElfSymbol part) {
        Long unnamed = owners.get(part.value());
        if (unnamed != null) {
            ElfSymbol from = names.shape(unnamed).function();
            // One part may lead to the next.
            return !owners.getOrDefault(unnamed, part.value()).equals(part.value())
                    ? owner(from)
                    : Optional.of(from);
        }
        if (!isNamedPart(part)) {
            return Optional.empty();
        }
        String name = part.name().replaceFirst("[.]cold([.].*)?$", "");
        List<ElfSymbol> owners = names.functions().stream().filter(symbol -> symbol.name().equals(name)).toList();
        List<ElfSymbol> near = owners.stream()
                .filter(symbol -> names.fileOf(symbol).equals(names.fileOf(part))).toList();
        return near.size() == 1 ? Optional.of(near.getFirst()) : owners.stream().findFirst();
    }
}
