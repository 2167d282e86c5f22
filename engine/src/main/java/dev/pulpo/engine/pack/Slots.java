package dev.pulpo.engine.pack;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The places of a shared object into which the dynamic loader writes what a symbol stands for (psABI, "Relocation
 * Types"). Under the small PIC model these are all the places there are.
 */
final class Slots {
    private final List<Relocation> relocations;

    /**
     * A place.
     *
     * @param place  its link address
     * @param addend what is added to the value
     * @param kind   what is there
     */
    record Slot(long place, long addend, Kind kind) {
        /** Whether it is about a thread-local variable. */
        boolean isThreadLocal() {
            return kind != Kind.ADDRESS;
        }
    }

    /** What a place holds. */
    enum Kind {
        /** One word, an address. */
        ADDRESS,
        /** Two words, a {@code tls_index}. */
        INDEX,
        /** Two words, a TLS descriptor. */
        DESCRIPTOR
    }

    /**
     * The places of one symbol.
     *
     * @param obstacle what else refers to it, that nobody but the loader can fill
     */
    record Found(List<Slot> slots, Optional<String> obstacle) {}

    Slots(ElfFile patch) {
        relocations = Stream.concat(patch.dynamicRelocations().stream(), patch.pltRelocations().stream())
                .filter(relocation -> relocation.symbolIndex() != 0).distinct().toList();
    }

    /** @param symbolIndex in the dynamic symbol table */
    Found of(int symbolIndex) {
        List<Slot> slots = new ArrayList<>();
        Optional<String> obstacle = Optional.empty();
        for (Relocation relocation : relocations) {
            if (relocation.symbolIndex() != symbolIndex) {
                continue;
            }
            RelocationType type = relocation.type();
            long place = relocation.offset().value();
            if (type.equals(RelocationType.GLOB_DAT) || type.equals(RelocationType.JUMP_SLOT)) {
                slots.add(new Slot(place, 0, Kind.ADDRESS));
            } else if (type.equals(RelocationType.ABSOLUTE_64)) {
                slots.add(new Slot(place, relocation.addend(), Kind.ADDRESS));
            } else if (type.equals(RelocationType.DTPMOD64) && offset(symbolIndex, place + Long.BYTES).isPresent()) {
                slots.add(new Slot(place, offset(symbolIndex, place + Long.BYTES).get().addend(), Kind.INDEX));
            } else if (type.equals(RelocationType.TLSDESC)) {
                slots.add(new Slot(place, relocation.addend(), Kind.DESCRIPTOR));
            } else if (!type.equals(RelocationType.DTPOFF64)) {
                obstacle = Optional.of(obstacle(type));
            }
        }
        return new Found(slots, obstacle);
    }

    private Optional<Relocation> offset(int symbolIndex, long place) {
        return relocations.stream().filter(other -> other.symbolIndex() == symbolIndex
                && other.offset().value() == place && other.type().equals(RelocationType.DTPOFF64)).findFirst();
    }

    private static String obstacle(RelocationType type) {
        if (type.equals(RelocationType.TPOFF64)) {
            return "at a fixed distance from the thread pointer: compile the patch with "
                    + "-ftls-model=global-dynamic";
        }
        return "by a relocation of type " + type + ": compile the patch with -fPIC";
    }
}
