package dev.pulpo.engine.target;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.RemoteAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the objects of a process: files of which each loadable segment is mapped where one bias puts it. The loader's list
 * tells which of them it has loaded: a program may map its own file once more, or a loader of its own may map others.
 */
final class ObjectFinder {
    private static final long PAGE = 4096;
    /** Programs with many plug-ins have some hundred. */
    private static final int MOST_FILES = 8192;
    /** How often a file may be mapped from its beginning; the loader's list names further places. */
    private static final int MOST_BEGINNINGS = 64;

    private final int pid;
    private final MemoryMap map;
    private final TargetFiles files;
    private final Optional<LoaderList> loaded;
    private final Map<File, List<LoadedObject>> known = new LinkedHashMap<>();
    private final List<LoadedObject> objects = new ArrayList<>();
    private boolean opened;
    private boolean missing;

    /** A mapped file (proc_pid_maps(5)). */
    private record File(String device, long inode) {
        static File of(Mapping mapping) {
            return new File(mapping.device(), mapping.inode());
        }
    }

    /**
     * The objects of a map.
     *
     * @param objects ascending
     * @param opened  whether any file was new
     * @param missing whether files could not be opened, or are no ELF files
     */
    record Found(List<LoadedObject> objects, boolean opened, boolean missing) {}

    private ObjectFinder(int pid, MemoryMap map, TargetFiles files, Optional<LoaderList> loaded) {
        this.pid = pid;
        this.map = map;
        this.files = files;
        this.loaded = loaded;
    }

    /**
     * Finds the objects.
     *
     * @param known from an earlier look; a file of which they still have the first mapping is not opened again
     */
    static Found find(int pid, MemoryMap map, TargetFiles files, Optional<LoaderList> loaded,
            List<LoadedObject> known) {
        ObjectFinder finder = new ObjectFinder(pid, map, files, loaded);
        known.forEach(object -> finder.known
                .computeIfAbsent(File.of(object.file()), file -> new ArrayList<>()).add(object));
        finder.run();
        finder.objects.sort(Comparator.comparing(LoadedObject::start));
        return new Found(List.copyOf(finder.objects), finder.opened, finder.missing);
    }

    private void run() {
        Map<File, List<Mapping>> mapped = new LinkedHashMap<>();
        for (Mapping mapping : map.mappings()) {
            if (mapping.hasFile()) {
                mapped.computeIfAbsent(File.of(mapping), file -> new ArrayList<>()).add(mapping);
            }
        }
        Map<File, Set<LoaderList.Entry>> entries = new LinkedHashMap<>();
        for (LoaderList.Entry entry : loaded.map(LoaderList::entries).orElse(List.of())) {
            map.find(new RemoteAddress(entry.dynamic())).filter(Mapping::hasFile).ifPresent(mapping -> entries
                    .computeIfAbsent(File.of(mapping), file -> new LinkedHashSet<>()).add(entry));
        }
        int count = 0;
        for (Map.Entry<File, List<Mapping>> each : mapped.entrySet()) {
            Set<LoaderList.Entry> listed = entries.getOrDefault(each.getKey(), Set.of());
            if (!listed.isEmpty() || each.getValue().stream().anyMatch(Mapping::isExecutable)) {
                if (count++ == MOST_FILES) {
                    throw new TargetUnreadableException(pid, "too large to be read: it runs code of more than "
                            + MOST_FILES + " files; it can be patched when it has loaded fewer");
                }
                add(each.getKey(), each.getValue(), listed);
            }
        }
    }

    private void add(File file, List<Mapping> mapped, Collection<LoaderList.Entry> listed) {
        List<LoadedObject> before = known.getOrDefault(file, List.of());
        Optional<ElfFile> same = before.stream().filter(object -> mapped.contains(object.file())).findFirst()
                .map(LoadedObject::elf);
        Optional<ElfFile> elf = same.or(() -> ObjectFiles.open(files, mapped.getFirst()));
        opened |= same.isEmpty();
        missing |= elf.isEmpty();
        if (elf.isEmpty()) {
            return;
        }
        List<Segment> segments = elf.get().segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.LOAD) && segment.fileSize() > 0).toList();
        Map<Long, Optional<LoadedObject.Listing>> biases = new LinkedHashMap<>();
        listed.forEach(entry -> biases.putIfAbsent(entry.bias(), Optional.of(entry.listing())));
        segments.stream().findFirst().ifPresent(first -> mapped.stream()
                .filter(mapping -> mapping.offset() == page(first.offset().value())).limit(MOST_BEGINNINGS)
                .map(mapping -> mapping.start().value() - page(first.address().value()))
                .forEach(bias -> biases.putIfAbsent(bias, loaded.isPresent()
                        ? listing(elf.get(), bias)
                        : Optional.of(new LoadedObject.Listing(0, objects.size())))));
        biases.forEach((bias, listing) -> place(file, segments, bias, listing.isPresent() && loaded.isPresent())
                .ifPresent(mappings -> {
                    LoadedObject object = new LoadedObject(mappings.stream().filter(Mapping::hasFile).findFirst()
                            .orElseThrow().path(), mappings, bias, elf.get(), listing);
                    objects.add(before.stream().filter(object::equals).findFirst().orElse(object));
                }));
    }

    /** That of an object whose dynamic section is no longer in its file's mapping: a program may move its data, too. */
    private Optional<LoadedObject.Listing> listing(ElfFile elf, long bias) {
        return elf.segments().stream().filter(segment -> segment.type().equals(SegmentType.DYNAMIC)).findFirst()
                .flatMap(dynamic -> loaded.orElseThrow().entries().stream()
                        .filter(entry -> entry.bias() == bias && entry.dynamic() == dynamic.address().value() + bias)
                        .map(LoaderList.Entry::listing).findFirst());
    }

    /**
     * The mappings of the segments with this bias, ascending. Code may have been replaced by memory without a file: programs
     * move theirs to large pages. Empty where anything else is at a segment's place, unless the loader says that it is there.
     */
    private Optional<List<Mapping>> place(File file, List<Segment> segments, long bias, boolean sure) {
        Set<Mapping> all = new LinkedHashSet<>();
        boolean executable = false;
        for (Segment segment : segments) {
            long at = page(segment.address().value()) + bias;
            long end = page(segment.address().value() + segment.fileSize() + PAGE - 1) + bias;
            long offset = page(segment.offset().value()) - at;
            while (Long.compareUnsigned(at, end) < 0) {
                Optional<Mapping> mapping = map.find(new RemoteAddress(at));
                boolean own = mapping.filter(found -> found.hasFile() && File.of(found).equals(file)
                        && found.offset() - found.start().value() == offset).isPresent();
                boolean moved = mapping.filter(found -> found.isAnonymous() && segment.isExecutable()).isPresent();
                if (!own && !moved && !sure) {
                    return Optional.empty();
                }
                if (own || moved) {
                    executable |= segment.isExecutable() && mapping.get().isExecutable();
                    all.add(mapping.get());
                }
                at = mapping.map(found -> found.end().value()).orElse(end);
            }
        }
        return executable && all.stream().anyMatch(Mapping::hasFile)
                ? Optional.of(all.stream().sorted(Comparator.comparing(Mapping::start)).toList())
                : Optional.empty();
    }

    private static long page(long address) {
        return address & -PAGE;
    }
}
