package dev.pulpo.engine.reach;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Patches that are out of force, and what holds them. What the loader keeps itself does not count. */
final class Holders {
    private static final long PAGE = 4096;

    private final List<PatchMemory> patches;
    private final TargetMemory memory;
    private final CodeRanges loader;
    private final Set<HeldWord> found = new LinkedHashSet<>();

    /** @param records out of force, and loaded; at least one */
    Holders(List<Registry.StoredRecord> records, ProcessImage image, TargetMemory memory) {
        this.patches = records.stream().map(record -> PatchMemory.of(record, image)).toList();
        this.memory = memory;
        this.loader = CodeRanges.of(image.loader().stream().flatMap(Holders::segments).toList());
    }

    /** What an object has loaded, up to the end of its variables. */
    private static Stream<CodeRanges.Range> segments(LoadedObject object) {
        return object.elf().segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD))
                .map(segment -> new CodeRanges.Range(object.toRemote(segment.address()),
                        object.toRemote(new LinkAddress(segment.address().value() + segment.memorySize())),
                        object.fileName()));
    }

    /** The memory of the patches. */
    List<CodeRanges.Range> ranges() {
        return patches.stream().flatMap(patch -> patch.ranges().stream()).toList();
    }

    /**
     * Memory whose words do not count: that of the patches; that of the stub, and the registry if it has moved, where tools
     * write, and the loader on the stub's stack.
     */
    CodeRanges skipped(ProcessImage image, Registry registry) {
        List<CodeRanges.Range> ranges = new ArrayList<>(ranges());
        image.stub().flatMap(image::containing).stream().flatMap(Holders::segments)
                .map(part -> new CodeRanges.Range(new RemoteAddress(part.start().value() & -PAGE),
                        new RemoteAddress(part.end().value() + PAGE - 1 & -PAGE), part.name()))
                .forEach(ranges::add);
        ranges.add(new CodeRanges.Range(registry.stub().registry().start(),
                registry.stub().registry().start().plus(registry.stub().registry().size()), "the registry"));
        return CodeRanges.of(ranges);
    }

    /** As {@link #add(String, long, long)}, for a word in memory; the mapping names the place. */
    void add(MemoryMap map, long address, long value) {
        add(map.find(new RemoteAddress(address)).map(Mapping::path).filter(path -> !path.isEmpty())
                .map(path -> path.substring(path.lastIndexOf('/') + 1)).orElse("anonymous memory"), address, value);
    }

    /**
     * Notes what holds a patch, unless it is the loader's.
     *
     * @param place   for people
     * @param address of the word; 0 where it is none in memory
     * @param value   the address that it could be; 0 for what could not be looked at, which holds all patches
     */
    void add(String place, long address, long value) {
        for (PatchMemory patch : patches) {
            if (value == 0 || patch.contains(value) && !(address != 0 && isLoaders(address, value))) {
                found.add(new HeldWord(patch.record().patch().id(), place, new RemoteAddress(address),
                        new RemoteAddress(value)));
            }
        }
    }

    /**
     * Whether a word in memory is one that the loader or the unwinder keeps: one that leads to what only they read, or a
     * variable of the loader, such as the address where the cache of libraries was.
     */
    boolean isLoaders(long address, long value) {
        return loader.find(address) >= 0 || patches.stream()
                .anyMatch(patch -> patch.contains(value) && patch.isLoaders(memory, address, value));
    }

    /** All that was noted. */
    List<HeldWord> found() {
        return List.copyOf(found);
    }
}
