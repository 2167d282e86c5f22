package dev.pulpo.engine.image;

import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/** Free address space from which 32-bit displacements reach all of an object. */
public final class NearGap {
    private static final long PAGE = 4096;
    /** How far a displacement reaches, less what the code at either end may take. */
    private static final long REACH = (1L << 31) - (1 << 20);
    private static final long HEAP_ROOM = 1L << 32;
    /** The kernel gives nobody the lowest pages (vm.mmap_min_addr). */
    private static final long LOWEST = 0x20000;
    private static final long HIGHEST = 0x7fff_ffff_0000L;

    private NearGap() {}

    /**
     * Looks for a place, below the object first: nothing grows there. Where the heap or the main stack would grow is left
     * alone, and a page before and behind the place stays free.
     *
     * @param bytes how much is needed; a multiple of the page size
     * @return where nothing was mapped when {@code map} was read; another thread may have mapped something since
     */
    public static Optional<RemoteAddress> find(MemoryMap map, LoadedObject object, long bytes) {
        long lowest = Math.max(LOWEST, object.end().value() - REACH);
        long highest = Math.min(HIGHEST, object.start().value() + REACH) - bytes;
        List<Mapping> mappings = map.mappings();
        int own = 0;
        while (own < mappings.size() && mappings.get(own).start().compareTo(object.start()) < 0) {
            own++;
        }
        for (int i = own; i >= 0 && i < mappings.size(); i--) {
            long place = mappings.get(i).start().value() - PAGE - bytes;
            long end = i == 0 ? 0 : mappings.get(i - 1).end().value();
            if (place < lowest) {
                break;
            }
            if (place >= end + room(mappings, i)) {
                return Optional.of(new RemoteAddress(place));
            }
        }
        for (int i = own + 1; i < mappings.size(); i++) {
            long end = mappings.get(i - 1).end().value();
            long place = Math.min(mappings.get(i).start().value() - PAGE - bytes, highest & -PAGE);
            if (end > highest) {
                break;
            }
            if (end >= object.end().value() && place >= end + room(mappings, i)
                    && !mappings.get(i).path().equals("[stack]")) {
                return Optional.of(new RemoteAddress(place));
            }
        }
        return Optional.empty();
    }

    /** How much of a gap has to stay free at its lower end, where the heap may grow into it. */
    private static long room(List<Mapping> mappings, int index) {
        return index > 0 && mappings.get(index - 1).path().equals("[heap]") ? HEAP_ROOM : PAGE;
    }
}
