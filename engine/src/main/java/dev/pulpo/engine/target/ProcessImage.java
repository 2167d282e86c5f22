package dev.pulpo.engine.target;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.flight.ImageEvent;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
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
    /** Threads outlive a look, unless the process is built to prevent that. */
    private static final int MOST_THREADS = 20;

    /**
     * Reads the image of a process.
     *
     * @param memory of the process; tells whether the process was complete
     * @throws TargetGoneException where it was not: the process is about to end, or has executed another program
     */
    public static ProcessImage read(int pid, TraceeMemory memory) {
        ProcFs.Stat leader = ProcFs.stat(pid);
        return recorded(pid, memory, leader.isLeaving() ? ProcFs.anyLiveThread(pid) : pid, leader.startTime(),
                Optional.empty());
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
        return recorded(pid, memory, sure, startTime, Optional.of(this));
    }

    private static ProcessImage recorded(int pid, TraceeMemory memory, int tid, long startTime,
            Optional<ProcessImage> known) {
        ImageEvent event = Flight.isOn() ? new ImageEvent() : null;
        ProcessImage image = read(pid, memory, tid, startTime, known, MOST_THREADS);
        if (event != null) {
            event.ended(pid, image.objects().size());
        }
        return image;
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
        ObjectFinder.Found found = objects(pid, tid, map, memory, known);
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

    private static ObjectFinder.Found objects(int pid, int tid, MemoryMap map, TraceeMemory memory,
            Optional<ProcessImage> known) {
        // Whatever the loader adds or removes, it maps or unmaps; it lists an object some time after it has mapped it.
        return known.filter(before -> before.map.equals(map)
                && before.objects.stream().allMatch(LoadedObject::isListed))
                .map(before -> new ObjectFinder.Found(before.objects, false, false))
                .orElseGet(() -> ObjectFinder.find(pid, map, new TargetFiles(pid, tid),
                        LoaderList.read(pid, tid, memory), known.map(ProcessImage::objects).orElse(List.of())));
    }

    private static String executable(int pid, int tid) {
        Path link = ProcFs.thread(pid, tid).resolve("exe");
        try {
            return RawText.of(Files.readSymbolicLink(link));
        } catch (IOException e) {
            throw new TargetUnreadableException(pid, link + " may not be read: it is a kernel thread, or belongs to "
                    + "another user (then run as that user or as root)", e);
        }
    }

    /**
     * The objects with this name that the loader has loaded; {@code exe} is the program itself. A name that ends with
     * {@code @} and an address is one of several loadings: the one whose first mapping begins there.
     */
    public List<LoadedObject> named(String name) {
        if (name.equals("exe")) {
            return program().stream().toList();
        }
        return objects.stream().filter(object -> object.isListed() && object.isNamed(name)).toList();
    }

    /** A name by which {@link #named} finds just this object: its path, if that is enough. */
    public String nameOf(LoadedObject object) {
        return named(object.path()).size() == 1 ? object.path() : object.place();
    }

    /** The program itself. */
    public Optional<LoadedObject> program() {
        String withoutMark = executable.endsWith(" (deleted)")
                ? executable.substring(0, executable.length() - " (deleted)".length())
                : executable;
        return objects.stream().filter(object -> object.path().equals(withoutMark))
                .min(Comparator.comparing(LoadedObject::isListed).reversed());
    }

    public Optional<LoadedObject> containing(RemoteAddress address) {
        return objects.stream().filter(object -> object.contains(address)).findFirst();
    }

    /** The objects of a namespace, in the order in which the loader looks names up; 0 is the program's. */
    public List<LoadedObject> inLookupOrder(int namespace) {
        return objects.stream()
                .filter(object -> object.listing().filter(listing -> listing.namespace() == namespace).isPresent())
                .sorted(Comparator.comparingInt(object -> object.listing().orElseThrow().position())).toList();
    }

    /** The dynamic loader: the program's interpreter. */
    public Optional<LoadedObject> loader() {
        return program().flatMap(program -> program.elf().interpreter())
                .flatMap(path -> objects.stream()
                        .filter(object -> object.fileName().equals(path.substring(path.lastIndexOf('/') + 1))
                                || object.elf().dynamic().soname().filter(path::endsWith).isPresent())
                        .findFirst());
    }

    /** An object of the program's namespace that exports this symbol: for {@code dlopen} usually the C library. */
    public Optional<LoadedObject> exporting(String symbol) {
        return objects.stream().filter(object -> object.exported(symbol).isPresent())
                .min(Comparator.comparingInt(
                        object -> object.listing().map(LoadedObject.Listing::namespace).orElse(Integer.MAX_VALUE)));
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
