package dev.pulpo.engine.image;

import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All mappings of a process, in the order of their addresses.
 *
 * @param mappings in ascending order; they do not overlap
 */
public record MemoryMap(List<Mapping> mappings) {
    /** So much of a process's map is read, as text. A million mappings without a name have 50 bytes each. */
    public static final long MOST_BYTES = 64L << 20;

    /** Reads the map that a live thread sees. */
    public static MemoryMap read(int pid, int tid) {
        Path maps = ProcFs.thread(pid, tid).resolve("maps");
        MapReader reader = new MapReader(pid);
        try {
            ProcFile.readMaps(maps, MOST_BYTES, reader);
            return new MemoryMap(reader.mappings());
        } catch (ProcFile.TooLongException e) {
            throw tooLong(pid, e);
        } catch (AccessDeniedException e) {
            throw new TargetUnreadableException(pid, maps + " may not be read: run as its user or as root", e);
        } catch (IOException e) {
            throw new TargetGoneException(pid, e);
        }
    }

    /**
     * Reads the map of a process's memory. It has no mappings where the memory is gone, or where it was asked through a thread
     * that has left it.
     *
     * @param tid a live thread, through which to ask where the memory cannot tell
     */
    public static MemoryMap read(int pid, int tid, TraceeMemory memory) {
        if (memory.hasMap()) {
            MapReader reader = new MapReader(pid);
            try {
                return new MemoryMap(memory.readMap(MOST_BYTES, reader) ? reader.mappings() : List.of());
            } catch (ProcFile.TooLongException e) {
                throw tooLong(pid, e);
            }
        }
        try {
            return read(pid, tid);
        } catch (TargetGoneException gone) {
            // Of the thread that is certain, and of nothing else.
            return new MemoryMap(List.of());
        }
    }

    /** The failure where a map has more than {@link #MOST_BYTES}. */
    public static TargetUnreadableException tooLong(int pid, ProcFile.TooLongException e) {
        return new TargetUnreadableException(pid, "too large to be read: its memory map has more than "
                + (e.most() >> 20) + " MiB; it can be patched when it has fewer mappings", e);
    }

    /** The mapping that holds this address. */
    public Optional<Mapping> find(RemoteAddress address) {
        int low = 0;
        int high = mappings.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Mapping mapping = mappings.get(middle);
            if (mapping.contains(address)) {
                return Optional.of(mapping);
            }
            if (address.compareTo(mapping.start()) < 0) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return Optional.empty();
    }
}
