package dev.pulpo.engine.plan;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toSet;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.x86.CodeScan;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Which definition of a function callers get, where several objects define it (gABI, "Shared Object Dependencies"). The
 * loader has written its answers into the places of relocations; those that it will write later are foretold by the order
 * in which it looks symbols up.
 */
final class Interposition {
    private static final Set<RelocationType> SYMBOLIC = Set.of(RelocationType.JUMP_SLOT, RelocationType.GLOB_DAT,
            RelocationType.ABSOLUTE_64);

    private final TargetMemory memory;
    private final LoadedObject target;
    /** Of the target's namespace, in the loader's order. */
    private final List<LoadedObject> objects;
    /** Those of the program's start, which every lookup goes through. */
    private final List<LoadedObject> startObjects;
    /** The names of the target's functions that others can refer to, by address. */
    private final Map<LinkAddress, Set<String>> names;

    Interposition(ProcessImage image, TargetMemory memory, LoadedObject target) {
        this.memory = memory;
        this.target = target;
        this.objects = target.listing().map(listing -> image.inLookupOrder(listing.namespace())).orElse(List.of());
        this.startObjects = startObjects(objects);
        this.names = target.elf().dynamicSymbols().stream()
                .filter(symbol -> symbol.isDefined() && symbol.binding() != SymbolBinding.LOCAL
                        && symbol.type().isFunction())
                .collect(groupingBy(ElfSymbol::address, mapping(ElfSymbol::name, toSet())));
    }

    /**
     * The object whose definition callers get instead of the target's, if nothing is known to reach the target's: no place
     * of a relocation, no code of the target itself. A pointer from dlsym(3) is not known.
     *
     * @param function link address in the target
     */
    Optional<LoadedObject> instead(LinkAddress function) {
        Set<String> own = names.getOrDefault(function, Set.of());
        Optional<LoadedObject> winner = startObjects.stream()
                .filter(object -> own.stream().anyMatch(name -> object.exported(name).isPresent())).findFirst();
        if (winner.isEmpty() || winner.get().equals(target) || isReferredTo(function)
                || objects.stream().anyMatch(user -> isBoundTo(user, own, target.toRemote(function)))) {
            return Optional.empty();
        }
        return winner;
    }

    /** Up to the last one that the program or another of them needs. */
    private static List<LoadedObject> startObjects(List<LoadedObject> objects) {
        Set<LoadedObject> needed = new HashSet<>();
        Deque<LoadedObject> open = new ArrayDeque<>(objects.stream().limit(1).toList());
        while (!open.isEmpty()) {
            LoadedObject next = open.remove();
            if (needed.add(next)) {
                next.elf().dynamic().needed().forEach(name -> objects.stream()
                        .filter(object -> object.isNamed(name)).findFirst().ifPresent(open::add));
            }
        }
        int last = objects.size() - 1;
        while (last >= 0 && !needed.contains(objects.get(last))) {
            last--;
        }
        return objects.subList(0, last + 1);
    }

    private boolean isBoundTo(LoadedObject user, Set<String> names, RemoteAddress function) {
        return Stream.concat(user.elf().pltRelocations().stream(), user.elf().dynamicRelocations().stream())
                .filter(relocation -> SYMBOLIC.contains(relocation.type()) && relocation.symbolIndex() != 0
                        && names.contains(user.elf().dynamicSymbols().get(relocation.symbolIndex()).name()))
                .anyMatch(relocation -> holds(user, relocation, function));
    }

    private boolean holds(LoadedObject user, Relocation relocation, RemoteAddress function) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
            return memory.readSome(user.toRemote(relocation.offset()), word) == Long.BYTES
                    && word.get(ValueLayout.JAVA_LONG, 0) == function.value() + relocation.addend();
        }
    }

    /** Whether code or data of the target leads to the function without a lookup. */
    private boolean isReferredTo(LinkAddress function) {
        CodeIndex index = CodeIndex.of(target.elf());
        OptionalLong pointer = index
                .pointerInto(
                        new CodeIndex.Overwritten(function.value() - 1, function.value() + 1, function.value() + 1));
        return pointer.isPresent() || target.elf().segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.LOAD) && segment.isExecutable())
                .anyMatch(segment -> leadsTo(segment, index, function));
    }

    /** What looks like a call, a jump or a lea may be part of another instruction, and counts. */
    private static boolean leadsTo(Segment segment, CodeIndex index, LinkAddress function) {
        long start = segment.address().value();
        byte[] code = index.bytes(start, segment.fileSize());
        for (int i = 1; i + Integer.BYTES <= code.length; i++) {
            if (start + CodeScan.target(code, i) == function.value()
                    && (CodeScan.branch(code, i) >= 0 || CodeScan.isLea(code, i))) {
                return true;
            }
        }
        return false;
    }
}
