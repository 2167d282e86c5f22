package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;

/** Finds the call frame information of an object and builds a table from it. */
final class CfiLoader {
    private CfiLoader() {}

    static CfiTable load(ElfFile file) {
        FrameBudget budget = new FrameBudget(file.limits());
        return new TableBuilder(budget).build(functions(file, budget));
    }

    /** The entries of all functions except malformed ones. */
    static List<FunctionEntry> functions(ElfFile file) {
        return functions(file, new FrameBudget(file.limits()));
    }

    private static List<FunctionEntry> functions(ElfFile file, FrameBudget budget) {
        if (file.header().type().equals(ObjectType.RELOCATABLE)) {
            throw new IllegalArgumentException(file.name() + " is relocatable: its functions have no addresses yet");
        }
        List<CfiSection> sections = new ArrayList<>();
        stored(file, ".eh_frame")
                .ifPresent(section -> sections.add(CfiSection.ehFrame(file.data(section), section.address())));
        stored(file, ".debug_frame").ifPresent(section -> sections.add(CfiSection.debugFrame(file.data(section))));
        return sections.isEmpty() && file.sections().isEmpty()
                ? functionsBySegment(file, budget)
                : functions(sections, budget);
    }

    private static Optional<Section> stored(ElfFile file, String name) {
        return file.section(name).filter(Section::hasBytes);
    }

    static CfiTable load(List<CfiSection> sections) {
        FrameBudget budget = new FrameBudget(ReadLimits.USER);
        return new TableBuilder(budget).build(functions(sections, budget));
    }

    private static List<FunctionEntry> functions(List<CfiSection> sections, FrameBudget budget) {
        List<FunctionEntry> functions = new ArrayList<>();
        for (CfiSection section : sections) {
            List<FunctionEntry> found = new FrameReader(section, budget).readAll();
            functions.addAll(functions.isEmpty() ? found : withoutCovered(found, functions));
        }
        return functions;
    }

    /** The entries whose code does not overlap that of earlier entries. */
    private static List<FunctionEntry> withoutCovered(List<FunctionEntry> found, List<FunctionEntry> earlier) {
        TreeMap<Long, FunctionEntry> byStart = new TreeMap<>(Long::compareUnsigned);
        earlier.forEach(function -> byStart.putIfAbsent(function.start(), function));
        return found.stream().filter(function -> {
            var below = byStart.floorEntry(function.start());
            var above = byStart.ceilingEntry(function.start());
            return (below == null || !below.getValue().overlaps(function))
                    && (above == null || !above.getValue().overlaps(function));
        }).toList();
    }

    private static List<FunctionEntry> functionsBySegment(ElfFile file, FrameBudget budget) {
        Optional<Segment> found = file.segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.GNU_EH_FRAME)).findFirst();
        if (found.isEmpty()) {
            return List.of();
        }
        LinkAddress place = found.get().address();
        EhFrameHeader header = EhFrameHeader.read(file.at(place, found.get().memorySize()), place.value(),
                file.limits());
        CfiSection section = CfiSection.ehFrame(restOfSegment(file, header.ehFrame(), place), header.ehFrame());
        FrameReader reader = new FrameReader(section, budget);
        return header.entries()
                .map(addresses -> reader.readAt(positions(addresses, header.ehFrame())))
                .orElseGet(reader::readToTerminator);
    }

    private static long[] positions(long[] addresses, LinkAddress ehFrame) {
        long[] positions = addresses.clone();
        for (int i = 0; i < positions.length; i++) {
            positions[i] -= ehFrame.value();
        }
        return positions;
    }

    /** Everything from the beginning of {@code .eh_frame} on, because only its own entries mark its end. */
    private static ByteCursor restOfSegment(ElfFile file, LinkAddress ehFrame, LinkAddress header) {
        Segment segment = file.segments().stream()
                .filter(candidate -> candidate.type().equals(SegmentType.LOAD) && candidate.contains(ehFrame))
                .findFirst().orElseThrow(() -> new MalformedElfException(file.name(), header.value(),
                        "a pointer to .eh_frame", ehFrame.toString()));
        long stored = file.isImage() ? segment.memorySize() : Math.min(segment.fileSize(), segment.memorySize());
        return file.at(ehFrame, segment.address().value() + stored - ehFrame.value());
    }
}
