package dev.pulpo.engine.plan;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What an indirect function (STT_GNU_IFUNC) has chosen in a process. The loader has called it and put the answer into the
 * slots of those who use it; there it is read, so that nothing needs to run.
 *
 * @param image  of the process
 * @param memory of it
 * @param target the object that defines the function
 * @param symbol the function that chooses
 */
record IndirectFunction(ProcessImage image, TraceeMemory memory, LoadedObject target, ElfSymbol symbol) {
    /** What is known of the choice. */
    sealed interface Answer {
        /** All slots hold this function of the target. */
        record Chosen(LinkAddress function) implements Answer {}

        /** It is not known which function was chosen. */
        record Unknown(String reason) implements Answer {}
    }

    Answer resolve() {
        Set<Long> chosen = new TreeSet<>();
        boolean[] outside = {false};
        for (LoadedObject object : image.objects()) {
            Stream.concat(object.elf().pltRelocations().stream(), object.elf().dynamicRelocations().stream())
                    .filter(relocation -> isOfSymbol(object, relocation))
                    .map(relocation -> object.toRemote(relocation.offset()))
                    .forEach(slot -> add(chosen, outside, slot));
        }
        return switch (chosen.size()) {
            case 0 -> new Answer.Unknown(outside[0]
                    ? "it is an indirect function, and has chosen one of the kernel's vdso"
                    : "it is an indirect function, which chooses another one, and nobody in the "
                            + "process has used it yet; replace the one that it chooses, by name or address");
            case 1 -> new Answer.Chosen(new LinkAddress(chosen.iterator().next()));
            default -> new Answer.Unknown("it is an indirect function and has chosen several: "
                    + String.join(", ", chosen.stream().map(address -> "0x" + Long.toHexString(address)).toList())
                    + "; replace one of them by its address");
        };
    }

    private boolean isOfSymbol(LoadedObject object, Relocation relocation) {
        if (relocation.type().equals(RelocationType.IRELATIVE)) {
            return object.equals(target) && relocation.addend() == symbol.value();
        }
        return (relocation.type().equals(RelocationType.JUMP_SLOT) || relocation.type().equals(RelocationType.GLOB_DAT))
                && object.elf().dynamicSymbols().get(relocation.symbolIndex()).name().equals(symbol.name());
    }

    /** A slot that is not bound yet leads into a procedure linkage table, and not to the beginning of a function. */
    private void add(Set<Long> chosen, boolean[] outside, RemoteAddress slot) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(ValueLayout.JAVA_LONG);
            memory.read(slot, value);
            RemoteAddress function = new RemoteAddress(value.get(ValueLayout.JAVA_LONG, 0));
            if (image.map().find(function).filter(mapping -> mapping.path().equals("[vdso]")).isPresent()) {
                outside[0] = true;
            }
            if (target.contains(function)) {
                LinkAddress link = target.toLink(function);
                if (CodeIndex.of(target.elf()).functions().startingAt(link).isPresent()) {
                    chosen.add(link.value());
                }
            }
        } catch (SystemCallException unmapped) {
            // An object that is being closed: its slots count for nothing.
            return;
        }
    }
}
