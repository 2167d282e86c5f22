package dev.pulpo.engine.target;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A process's mappings and objects, as read at one moment. Stops nothing.
 *
 * @param pid        the process
 * @param tid        a thread that was alive
 * @param startTime  see {@link ProcFs#startTime}
 * @param executable path of its program
 * @param map        its mappings
 * @param objects    its program and shared objects, by address
 */
public record ProcessImage(int pid, int tid, long startTime, String executable, MemoryMap map,
        List<LoadedObject> objects) {
    private static final long PAGE = 4096;
    /** Threads outlive a look, unless the process is built to prevent that. */
    private static final int MOST_THREADS = 20;
    /** Programs with many plug-ins have some hundred. */
    private static final int MOST_OBJECTS = 8192;

    /**
     * Reads the image of a process.
     *
     * @param memory of the process; tells whether the process was complete
     * @throws TargetGoneException where it was not: the process is about to end, or has executed another program
     */
    public static ProcessImage read(int pid, TraceeMemory memory) {
        ProcFs.Stat leader = ProcFs.stat(pid);
        return read(pid, memory, leader.isLeaving() ? ProcFs.anyLiveThread(pid) : pid, leader.startTime(),
                Optional.empty(), MOST_THREADS);
    }

    /**
     * Reads the image again. Objects whose mappings are unchanged are not opened again.
     *
     * @param memory of the process; if it {@linkplain TraceeMemory#hasMap has no map}, the caller makes sure that the id
     *               still belongs to the same process
     */
    public ProcessImage again(TraceeMemory memory) {
        // A leader's id lasts as long as the process; other threads may have ended.
        int sure = tid == pid ? pid : ProcFs.anyLiveThread(pid);
        return read(pid, memory, sure, startTime, Optional.of(this), MOST_THREADS);
    }

    /** @param threads how many threads to try; each may end before all is read */
    private static ProcessImage read(int pid, TraceeMemory memory, int anyTid, long startTime,
            Optional<ProcessImage> known, int threads) {
        if (threads == 0) {
            throw new TargetUnreadableException(pid, "its threads end faster than one can be asked; try again");
        }
        int tid = anyTid;
        MemoryMap map = MemoryMap.read(pid, tid, memory);
        while (map.mappings().isEmpty() && !memory.hasMap() && !memory.isGone()) {
            // This thread has left its memory while exiting; others are still there.
            tid = ProcFs.anyLiveThread(pid);
            map = MemoryMap.read(pid, tid, memory);
        }
        if (map.mappings().isEmpty()) {
            throw TargetGoneException.endedOrReplaced(pid);
        }
        Found found = objects(pid, tid, map, known.map(ProcessImage::objects).orElse(List.of()));
        if (found.missing() && ProcFs.isLeaving(pid, tid) && !memory.isGone()) {
            // It has left since; files are reached through remaining threads.
            return read(pid, memory, ProcFs.anyLiveThread(pid), startTime, known, threads - 1);
        }
        int alive = tid;
        MemoryMap last = map;
        ProcessImage image;
        try {
            image = known
                    .map(before -> new ProcessImage(pid, alive, startTime, before.executable, last, found.objects()))
                    .filter(same -> same.program().isPresent())
                    .orElseGet(() -> new ProcessImage(pid, alive, startTime, executable(pid, alive), last,
                            found.objects()));
        } catch (TargetUnreadableException unreadable) {
            if (ProcFs.isLeaving(pid, alive) && !memory.isGone()) {
                // It has left since.
                return read(pid, memory, ProcFs.anyLiveThread(pid), startTime, known, threads - 1);
            }
            throw unreadable;
        }
        if ((found.opened() || found.missing()) && memory.isGone()
                || image.program().isEmpty() && ProcFs.isEnding(pid)) {
            // Threads leave the memory one by one, and files are reached through those that are left.
            throw TargetGoneException.endedOrReplaced(pid);
        }
        return image;
    }

    /**
     * The objects of a map.
     *
     * @param opened  whether any were new
     * @param missing whether files could not be opened, or are no ELF files
     */
    private record Found(List<LoadedObject> objects, boolean opened, boolean missing) {}

    private static String executable(int pid, int tid) {
        Path link = ProcFs.thread(pid, tid).resolve("exe");
        try {
            return RawText.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            throw new TargetUnreadableException(pid, link + " may not be read: it is a kernel thread, or belongs to "
                    + "another user (then run as that user or as root)", e);
        }
    }

    private static Found objects(int pid, int tid, MemoryMap map, List<LoadedObject> known) {
        List<LoadedObject> objects = new ArrayList<>();
        boolean opened = false;
        boolean missing = false;
        Map<RemoteAddress, LoadedObject> knownByStart = new HashMap<>();
        known.forEach(object -> knownByStart.put(object.start(), object));
        List<Mapping> mappings = map.mappings();
        TargetFiles files = new TargetFiles(pid, tid);
        for (int i = 0; i < mappings.size(); i++) {
            Mapping first = mappings.get(i);
            if (first.hasFile() && first.offset() == 0 && !(i > 0 && continues(mappings.get(i - 1), first))) {
                List<Mapping> all = sameFile(mappings, i);
                if (all.stream().anyMatch(Mapping::isExecutable)) {
                    if (objects.size() == MOST_OBJECTS) {
                        throw new TargetUnreadableException(pid, "too large to be read: it runs code of more than "
                                + MOST_OBJECTS + " files; it can be patched when it has loaded fewer");
                    }
                    Optional<LoadedObject> same = Optional.ofNullable(knownByStart.get(first.start()))
                            .filter(object -> object.mappings().equals(all));
                    Optional<LoadedObject> object = same.or(() -> ObjectFiles.open(files, first)
                            .map(elf -> new LoadedObject(first.path(), all, bias(first, elf), elf)));
                    object.ifPresent(objects::add);
                    opened |= same.isEmpty();
                    missing |= object.isEmpty();
                }
            }
        }
        return new Found(List.copyOf(objects), opened, missing);
    }

    /**
     * The mappings from {@code from} on that belong to one loading of a file: offsets ascend. The search ends at another
     * loading, so all searches together pass each mapping once.
     */
    private static List<Mapping> sameFile(List<Mapping> mappings, int from) {
        Mapping first = mappings.get(from);
        List<Mapping> same = new ArrayList<>();
        for (Mapping mapping : mappings.subList(from, mappings.size())) {
            boolean belongs = mapping.inode() == first.inode() && mapping.device().equals(first.device());
            if (belongs && (same.isEmpty() || mapping.offset() > 0 || continues(same.getLast(), mapping))) {
                same.add(mapping);
            } else if (belongs || mapping.hasFile()) {
                break;
            }
        }
        return List.copyOf(same);
    }

    /**
     * Whether a mapping is the next segment of the same loading although it begins with the first page of the file: segments
     * share pages of the file, and lld puts code into the first one.
     */
    private static boolean continues(Mapping before, Mapping mapping) {
        return mapping.inode() == before.inode() && mapping.device().equals(before.device()) && before.hasFile()
                && mapping.offset() == 0 && before.offset() == 0 && before.end().equals(mapping.start())
                && !before.permissions().equals(mapping.permissions());
    }

    /** The loader maps segments by whole pages; the one with offset 0 begins at the first mapping. */
    private static long bias(Mapping first, ElfFile elf) {
        long address = elf.segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.LOAD))
                .mapToLong(segment -> (segment.address().value() & -PAGE) - (segment.offset().value() & -PAGE))
                .findFirst()
                .orElse(0);
        return first.start().value() - address;
    }

    /** The objects with this name; {@code exe} is the program itself. */
    public List<LoadedObject> named(String name) {
        if (name.equals("exe")) {
            return program().stream().toList();
        }
        return objects.stream().filter(object -> object.isNamed(name)).toList();
    }

    /** The program itself. */
    public Optional<LoadedObject> program() {
        String withoutMark = executable.endsWith(" (deleted)")
                ? executable.substring(0, executable.length() - " (deleted)".length())
                : executable;
        return objects.stream().filter(object -> object.path().equals(withoutMark)).findFirst();
    }

    public Optional<LoadedObject> containing(RemoteAddress address) {
        return objects.stream().filter(object -> object.contains(address)).findFirst();
    }

    /** The dynamic loader: the program's interpreter. */
    public Optional<LoadedObject> loader() {
        return program().flatMap(program -> program.elf().interpreter())
                .flatMap(path -> objects.stream()
                        .filter(object -> object.fileName().equals(path.substring(path.lastIndexOf('/') + 1))
                                || object.elf().dynamic().soname().filter(path::endsWith).isPresent())
                        .findFirst());
    }

    /** The first object that exports this symbol: for {@code dlopen} usually the C library. */
    public Optional<LoadedObject> exporting(String symbol) {
        return objects.stream().filter(object -> object.exported(symbol).isPresent()).findFirst();
    }

    /** The object that exports this symbol and has exactly this content. */
    public Optional<LoadedObject> loadedFor(String symbol, ByteSource content) {
        return objects.stream().filter(object -> object.exported(symbol).isPresent() && object.holds(content))
                .findFirst();
    }

    /** Remote address of the stub's state, if the process has the stub. */
    public Optional<RemoteAddress> stub() {
        return objects.stream().flatMap(object -> object.exported(StubLayout.SYMBOL).filter(state -> object.mappings()
                .stream().anyMatch(mapping -> mapping.isWritable() && mapping.contains(state))).stream()).findFirst();
    }

    /** An address as {@code symbol+offset (object)}, for people. */
    public String describe(RemoteAddress address) {
        return containing(address).map(object -> {
            LinkAddress link = object.toLink(address);
            return object.elf().symbolContaining(link)
                    .map(symbol -> symbol.name() + "+0x" + Long.toHexString(link.value() - symbol.value()))
                    .orElse("0x" + Long.toHexString(link.value())) + " (" + object.fileName() + ")";
        }).orElse(address.toString());
    }
}
