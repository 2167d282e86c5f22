package dev.pulpo.engine.target;

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
 * The mappings of a process.
 *
 * @param mappings ascending, without overlap
 */
public record MemoryMap(List<Mapping> mappings) {
    /** Limit of the text of a map. A million mappings without names have 50 bytes each. */
    public static final long MOST_BYTES = 64L << 20;

    /** Reads the map through a live thread. */
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
     * Reads the map of a process's memory. It is empty if the memory is gone, or if it was read through a thread that has
     * left the memory.
     *
     * @param tid a live thread, used if the memory has no map of its own
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
            // Certain of the thread alone.
            return new MemoryMap(List.of());
        }
    }

    /** The failure for a map of more than {@link #MOST_BYTES}. */
    public static TargetUnreadableException tooLong(int pid, ProcFile.TooLongException e) {
        return new TargetUnreadableException(pid, "too large to be read: its memory map has more than "
                + (e.most() >> 20) + " MiB; it can be patched when it has fewer mappings", e);
    }

    /** The mapping at this address. */
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
