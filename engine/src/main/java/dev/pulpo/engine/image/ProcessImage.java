package dev.pulpo.engine.image;

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
 * What a process was made of when somebody looked. Nothing is stopped for it.
 *
 * @param pid        the process
 * @param tid        a thread of it that was alive
 * @param startTime  see {@link ProcFs#startTime}
 * @param executable path of its program
 * @param map        its mappings
 * @param objects    its program and shared objects, in the order of their addresses
 */
public record ProcessImage(int pid, int tid, long startTime, String executable, MemoryMap map,
        List<LoadedObject> objects) {
    private static final long PAGE = 4096;
    /** A thread lives for longer than a look takes, unless its process is made to be looked at in vain. */
    private static final int MOST_THREADS = 20;
    /** Programs of many plug-ins have some hundred. */
    private static final int MOST_OBJECTS = 8192;

    /**
     * Looks at a process.
     *
     * @param memory of the process, which tells whether all of it was there to look at
     * @throws TargetGoneException where it was not, because the process is about to end or has become another program
     */
    public static ProcessImage read(int pid, TraceeMemory memory) {
        ProcFs.Stat leader = ProcFs.stat(pid);
        return read(pid, memory, leader.isLeaving() ? ProcFs.anyLiveThread(pid) : pid, leader.startTime(),
                Optional.empty(), MOST_THREADS);
    }

    /**
     * Looks at the same process again, a moment later. What is mapped where it was is not opened again.
     *
     * @param memory of the process; where it {@linkplain TraceeMemory#hasMap has no map}, the caller makes sure that the id is
     *               still that of the same one
     */
    public ProcessImage again(TraceeMemory memory) {
        // The id of a leader stays to the end of the process; other threads may be gone.
        int sure = tid == pid ? pid : ProcFs.anyLiveThread(pid);
        return read(pid, memory, sure, startTime, Optional.of(this), MOST_THREADS);
    }

    /** @param threads how many may be asked, of which each may leave before it has told everything */
    private static ProcessImage read(int pid, TraceeMemory memory, int anyTid, long startTime,
            Optional<ProcessImage> known, int threads) {
        if (threads == 0) {
            throw new TargetUnreadableException(pid, "its threads end faster than one can be asked; try again");
        }
        int tid = anyTid;
        MemoryMap map = MemoryMap.read(pid, tid, memory);
        while (map.mappings().isEmpty() && !memory.hasMap() && !memory.isGone()) {
            // This thread has left its memory, on its way out; others are still there.
            tid = ProcFs.anyLiveThread(pid);
            map = MemoryMap.read(pid, tid, memory);
        }
        if (map.mappings().isEmpty()) {
            throw TargetGoneException.endedOrReplaced(pid);
        }
        Found found = objects(pid, tid, map, known.map(ProcessImage::objects).orElse(List.of()));
        if (found.missing() && ProcFs.isLeaving(pid, tid) && !memory.isGone()) {
            // It has left since; files are reached through those that are left.
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
            // Threads leave their memory one after the other, and files are reached through those that are left.
            throw TargetGoneException.endedOrReplaced(pid);
        }
        return image;
    }

    /**
     * What there is at the mappings of a process.
     *
     * @param opened  whether there are files among them that were not known
     * @param missing whether files could not be opened, or are none of the kind
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
            if (first.hasFile() && first.offset() == 0) {
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
     * The mappings from {@code from} on that belong to one loading of one file: offsets ascend. Another loading ends the
     * search where it begins, so all searches together pass each mapping once.
     */
    private static List<Mapping> sameFile(List<Mapping> mappings, int from) {
        Mapping first = mappings.get(from);
        List<Mapping> same = new ArrayList<>();
        for (Mapping mapping : mappings.subList(from, mappings.size())) {
            boolean belongs = mapping.inode() == first.inode() && mapping.device().equals(first.device());
            if (belongs && (same.isEmpty() || mapping.offset() > 0)) {
                same.add(mapping);
            } else if (belongs || mapping.hasFile()) {
                break;
            }
        }
        return List.copyOf(same);
    }

    /** The loader maps segments by whole pages; the one with offset 0 begins where the first mapping does. */
    private static long bias(Mapping first, ElfFile elf) {
        long address = elf.segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.LOAD))
                .mapToLong(segment -> (segment.address().value() & -PAGE) - (segment.offset().value() & -PAGE))
                .findFirst()
                .orElse(0);
        return first.start().value() - address;
    }

    /** The objects that the user can mean by this name; the word {@code exe} means the program itself. */
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

    /** The dynamic loader: the object that the program names as its interpreter. */
    public Optional<LoadedObject> loader() {
        return program().flatMap(program -> program.elf().interpreter())
                .flatMap(path -> objects.stream()
                        .filter(object -> object.fileName().equals(path.substring(path.lastIndexOf('/') + 1))
                                || object.elf().dynamic().soname().filter(path::endsWith).isPresent())
                        .findFirst());
    }

    /** The object that defines this function for everybody: the C library for {@code dlopen}, for example. */
    public Optional<LoadedObject> exporting(String symbol) {
        return objects.stream().filter(object -> object.exported(symbol).isPresent()).findFirst();
    }

    /** The object that exports this symbol itself, with content that was loaded on our behalf. */
    public Optional<LoadedObject> loadedFor(String symbol, ByteSource content) {
        return objects.stream().filter(object -> object.exported(symbol).isPresent() && object.holds(content))
                .findFirst();
    }

    /** Where the stub's state is, if the process carries the stub. */
    public Optional<RemoteAddress> stub() {
        return objects.stream().flatMap(object -> object.exported(StubLayout.SYMBOL).filter(state -> object.mappings()
                .stream().anyMatch(mapping -> mapping.isWritable() && mapping.contains(state))).stream()).findFirst();
    }

    /** An address as {@code object+offset}, for people. */
    public String describe(RemoteAddress address) {
        return containing(address).map(object -> {
            LinkAddress link = object.toLink(address);
            return object.elf().symbolContaining(link)
                    .map(symbol -> symbol.name() + "+0x" + Long.toHexString(link.value() - symbol.value()))
                    .orElse("0x" + Long.toHexString(link.value())) + " (" + object.fileName() + ")";
        }).orElse(address.toString());
    }
}
