package dev.pulpo.engine.probe;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.engine.check.CallShape;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The code of a process: which object is where, and which functions its slots lead to. */
final class ProcessCode implements CallShape.Surroundings {
    private final ProcessImage image;
    private final TargetMemory memory;
    private final Map<LoadedObject, Place> places = new HashMap<>();
    private final Map<LoadedObject, Map<Long, String>> slots = new HashMap<>();

    /** @param info the debug information of one object; of others none is needed */
    ProcessCode(ProcessImage image, TargetMemory memory, LoadedObject object, DebugInfo info) {
        this.image = image;
        this.memory = memory;
        places.put(object, new Place(new CodeFacts(object.elf(), info), object.bias()));
    }

    Place of(LoadedObject object) {
        return places.computeIfAbsent(object,
                other -> new Place(new CodeFacts(other.elf(), DebugInfo.of(other.elf())), other.bias()));
    }

    @Override
    public Optional<Place> at(long address) {
        return image.containing(new RemoteAddress(address)).map(this::of);
    }

    /** What the slot holds, or, where the loader fills it at the first call, the one definition of its symbol. */
    @Override
    public OptionalLong target(long slot) {
        RemoteAddress place = new RemoteAddress(slot);
        Optional<LoadedObject> owner = image.containing(place);
        Optional<String> name = owner.flatMap(object -> Optional.ofNullable(
                slots.computeIfAbsent(object, ProcessCode::slots).get(object.toLink(place).value())));
        if (name.isEmpty()) {
            return OptionalLong.empty();
        }
        RemoteAddress now = new RemoteAddress(memory.readLong(place));
        Optional<LoadedObject> holder = image.containing(now);
        if (holder.filter(object -> CodeIndex.of(object.elf()).functions().startingAt(object.toLink(now)).isPresent())
                .isPresent()) {
            return OptionalLong.of(now.value());
        }
        return holder.equals(owner) ? definition(name.get()) : OptionalLong.empty();
    }

    /** The slots that only the loader writes, and the symbols whose addresses it puts there. */
    private static Map<Long, String> slots(LoadedObject object) {
        Map<Long, String> found = new HashMap<>();
        Stream.concat(object.elf().pltRelocations().stream(), object.elf().dynamicRelocations().stream())
                .filter(ProcessCode::isSlot)
                .filter(relocation -> relocation.symbolIndex() > 0
                        && relocation.symbolIndex() < object.elf().dynamicSymbols().size())
                .forEach(relocation -> found.put(relocation.offset().value(),
                        object.elf().dynamicSymbols().get(relocation.symbolIndex()).name()));
        return found;
    }

    private static boolean isSlot(Relocation relocation) {
        return relocation.type().equals(RelocationType.JUMP_SLOT) || relocation.type().equals(RelocationType.GLOB_DAT);
    }

    private OptionalLong definition(String name) {
        List<LoadedObject> having = image.objects().stream()
                .filter(object -> !SymbolSources.exported(object.elf(), name).isEmpty()).toList();
        if (having.size() != 1) {
            return OptionalLong.empty();
        }
        List<ElfSymbol> symbols = SymbolSources.exported(having.getFirst().elf(), name);
        return symbols.size() == 1 && symbols.getFirst().type() != SymbolType.GNU_IFUNC
                ? OptionalLong.of(having.getFirst().toRemote(symbols.getFirst().address()).value())
                : OptionalLong.empty();
    }
}
