package dev.pulpo.engine.plan;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.PlannedReference;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.target.LoadedObject;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Resolves a container's references to the target's variables. */
final class References {
    private final LoadedObject target;
    private final ElfFile patch;
    private final List<Refusal> refusals;

    /** @param refusals receives references that cannot be resolved */
    References(LoadedObject target, ElfFile patch, List<Refusal> refusals) {
        this.target = target;
        this.patch = patch;
        this.refusals = refusals;
    }

    List<PlannedReference> plan(List<DataReference> references) {
        List<PlannedReference> planned = new ArrayList<>();
        for (DataReference reference : references) {
            LinkAddress place = new LinkAddress(reference.patchOffset());
            if (!lies(patch, SegmentType.LOAD, reference.patchOffset(), reference.size())) {
                refuse(reference, "the patch has no memory at " + place);
            } else if (!reference.threadLocal()) {
                variable(reference, place, planned);
            } else if (isThreadLocal(reference.targetOffset()) && isDescriptor(place)) {
                if (reference.targetOffset() < PlannedReference.TlsDescriptor.OFFSETS) {
                    planned.add(new PlannedReference.TlsDescriptor(reference.variable(), place, target.bias(),
                            reference.targetOffset()));
                } else {
                    refuse(reference, "its offset is too large for a TLS descriptor");
                }
            } else if (isThreadLocal(reference.targetOffset())) {
                planned.add(new PlannedReference.TlsVariable(reference.variable(), place, target.bias(),
                        reference.targetOffset()));
            } else {
                refuse(reference, target.path() + " has no thread-local memory at offset " + reference.targetOffset());
            }
        }
        return planned;
    }

    private void variable(DataReference reference, LinkAddress place, List<PlannedReference> planned) {
        if (lies(target.elf(), SegmentType.LOAD, reference.targetOffset(), 1)) {
            planned.add(new PlannedReference.Variable(reference.variable(), place,
                    target.toRemote(new LinkAddress(reference.targetOffset()))));
        } else {
            refuse(reference, target.path() + " has no memory at 0x" + Long.toHexString(reference.targetOffset()));
        }
    }

    /** Whether the loader writes a TLS descriptor there: code calls its first word. */
    private boolean isDescriptor(LinkAddress place) {
        return Stream.concat(patch.dynamicRelocations().stream(), patch.pltRelocations().stream())
                .anyMatch(relocation -> relocation.offset().equals(place)
                        && relocation.type().equals(RelocationType.TLSDESC));
    }

    private boolean isThreadLocal(long offset) {
        return target.elf().segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.TLS)
                && Long.compareUnsigned(offset, segment.memorySize()) < 0);
    }

    private static boolean lies(ElfFile elf, SegmentType type, long address, int size) {
        return elf.segments().stream()
                .anyMatch(segment -> segment.type().equals(type) && holds(segment, address, size));
    }

    private static boolean holds(Segment segment, long address, int size) {
        long offset = address - segment.address().value();
        return Long.compareUnsigned(offset, segment.memorySize()) < 0 && segment.memorySize() - offset >= size;
    }

    private void refuse(DataReference reference, String reason) {
        refusals.add(new Refusal.BadReference(reference.variable(), reason));
    }
}
