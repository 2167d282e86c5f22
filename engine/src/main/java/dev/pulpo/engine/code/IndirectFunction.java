package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The function that an indirect one (STT_GNU_IFUNC) has chosen in a process. The loader has called the resolver and stored
 * the answer in slots. It is read from there, so that nothing needs to run. Without a bound slot the resolver must be
 * called, which planning does not do.
 *
 * @param image  of the process
 * @param memory of the process
 * @param target the object that defines the function
 * @param symbol the indirect function
 */
public record IndirectFunction(ProcessImage image, TargetMemory memory, LoadedObject target, ElfSymbol symbol) {
    /** The knowledge about the choice. */
    public sealed interface Answer {
        /** All slots hold this function of the target. */
        record Chosen(LinkAddress function) implements Answer {}

        /** No slot is bound. */
        record Unasked() implements Answer {}

        /** It cannot be replaced under this name. */
        record Unusable(String reason) implements Answer {}
    }

    /** The answer by the slots. */
    public Answer bound() {
        Set<RemoteAddress> chosen = new TreeSet<>();
        for (LoadedObject object : image.objects()) {
            Stream.concat(object.elf().pltRelocations().stream(), object.elf().dynamicRelocations().stream())
                    .filter(relocation -> isOfSymbol(object, relocation))
                    .map(relocation -> object.toRemote(relocation.offset()))
                    .flatMap(slot -> content(slot).stream())
                    .filter(function -> isInVdso(function) || isFunctionOfTarget(function))
                    .forEach(chosen::add);
        }
        return switch (chosen.size()) {
            case 0 -> new Answer.Unasked();
            case 1 -> chosen(chosen.iterator().next());
            default -> new Answer.Unusable("it is an indirect function and has chosen several: "
                    + String.join(", ", chosen.stream().map(address -> target.contains(address)
                            ? "0x" + Long.toHexString(target.toLink(address).value())
                            : "one of the kernel's vdso").toList())
                    + "; replace one of them by its address");
        };
    }

    /** The answer for this result of the resolver. */
    public Answer chosen(RemoteAddress function) {
        if (function.isNull()) {
            return new Answer.Unusable("it is an indirect function, and has chosen none; or " + target.path()
                    + " is being closed");
        }
        if (isInVdso(function)) {
            return new Answer.Unusable("it is an indirect function, and has chosen one of the kernel's vdso");
        }
        return isFunctionOfTarget(function)
                ? new Answer.Chosen(target.toLink(function))
                : new Answer.Unusable("it is an indirect function, and has chosen " + function
                        + ", where no function of " + target.path()
                        + " begins; replace that one, as one of its object");
    }

    public RemoteAddress resolver() {
        return target.toRemote(symbol.address());
    }

    private boolean isOfSymbol(LoadedObject object, Relocation relocation) {
        if (relocation.type().equals(RelocationType.IRELATIVE)) {
            return object.equals(target) && relocation.addend() == symbol.value();
        }
        if (!relocation.type().equals(RelocationType.JUMP_SLOT) && !relocation.type().equals(RelocationType.GLOB_DAT)) {
            return false;
        }
        ElfSymbol used = object.elf().dynamicSymbols().get(relocation.symbolIndex());
        return used.name().equals(symbol.name()) && (used.version().isEmpty() || symbol.version().isEmpty()
                || used.version().get().name().equals(symbol.version().get().name()));
    }

    private Optional<RemoteAddress> content(RemoteAddress slot) {
        try {
            return Optional.of(new RemoteAddress(memory.readLong(slot)));
        } catch (SystemCallException unmapped) {
            // The object is being unloaded: its slots do not count.
            return Optional.empty();
        }
    }

    private boolean isInVdso(RemoteAddress function) {
        return image.map().find(function).filter(mapping -> mapping.path().equals("[vdso]")).isPresent();
    }

    /** An unbound slot leads into a procedure linkage table, not to the beginning of a function. */
    private boolean isFunctionOfTarget(RemoteAddress function) {
        return target.contains(function)
                && CodeIndex.of(target.elf()).functions().startingAt(target.toLink(function)).isPresent();
    }
}
