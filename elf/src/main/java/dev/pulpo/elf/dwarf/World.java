package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** All spaces of units of one object: its own, its supplementary file's, those of split units. */
final class World {
    /** The largest programs have fifty thousand, and type units besides. */
    static final int MOST_UNITS = 1 << 18;

    private final List<Space> spaces = new ArrayList<>();
    private final Map<Long, Long> signatures = new HashMap<>();
    private final @Nullable Segment threadLocal;
    private final ReadLimits limits;
    private final String name;
    private int units;
    private @Nullable Space supplementary;

    /** @param object the file that the others belong to; its units must still be added */
    World(ElfFile object) {
        limits = object.limits();
        name = object.name();
        threadLocal = object.segments().stream().filter(segment -> segment.type().equals(SegmentType.TLS)).findFirst()
                .orElse(null);
    }

    /**
     * The offset of a variable in the thread-local block. GCC puts offsets into {@code .debug_addr} with a relocation that
     * makes the linker write the address of the variable's initial value instead (seen with GCC 12).
     */
    long threadLocalOffset(long value) {
        return threadLocal != null && Long.compareUnsigned(value, threadLocal.memorySize()) >= 0
                && threadLocal.contains(new LinkAddress(value)) ? value - threadLocal.address().value() : value;
    }

    /** Adds a file's units. Call it before the world is shared between threads. */
    void add(Sections sections, @Nullable Unit skeleton) {
        for (String section : List.of(".debug_info", ".debug_types")) {
            Space space = new Space(this, spaces.size(), sections, section);
            spaces.add(space);
            space.readUnits(skeleton);
            units += space.units().size();
            ReadLimits.check(name, 0, units, MOST_UNITS, "units");
            for (Unit unit : space.units()) {
                UnitHeader header = unit.header();
                if (header.isType()) {
                    signatures.putIfAbsent(header.id(), space.reference(header.offset() + header.typeOffset()));
                }
            }
        }
    }

    /** Adds the file that {@code dwz} made of common parts. */
    void addSupplementary(Sections sections) {
        Space space = new Space(this, spaces.size(), sections, ".debug_info");
        spaces.add(space);
        space.readUnits(null);
        supplementary = space;
    }

    Optional<Space> supplementary() {
        return Optional.ofNullable(supplementary);
    }

    OptionalLong typeBySignature(long signature) {
        Long found = signatures.get(signature);
        return found == null ? OptionalLong.empty() : OptionalLong.of(found);
    }

    /** All units, in the order of files. */
    List<Unit> units() {
        return spaces.stream().flatMap(space -> space.units().stream()).toList();
    }

    /** The defects of units that were left out because of their headers. */
    List<MalformedElfException> defects() {
        return spaces.stream().flatMap(space -> space.defects().stream()).toList();
    }

    /** The budget of a new query. */
    Work question() {
        return new Work(name, limits);
    }

    /** A reader at an entry, for a new query. */
    EntryReader entry(long reference) {
        return entry(reference, question());
    }

    /** A reader at an entry. */
    EntryReader entry(long reference, Work work) {
        Space space = spaces.get(Space.spaceOf(reference));
        long offset = Space.offsetOf(reference);
        Unit unit = space.unitAt(offset);
        if (unit == null || offset < unit.header().firstEntry()) {
            throw new MalformedElfException(space.sections().name(), offset, "an entry of a unit", "something else");
        }
        return unit.entries(work).at(offset);
    }
}
