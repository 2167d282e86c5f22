package dev.pulpo.engine.target;

import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/** Finds free address space within reach of 32-bit displacements from all of an object. */
public final class NearGap {
    private static final long PAGE = 4096;
    /** Reach of a displacement, less the size of the code at either end. */
    private static final long REACH = (1L << 31) - (1 << 20);
    private static final long HEAP_ROOM = 1L << 32;
    /** The kernel maps nothing in the lowest pages (vm.mmap_min_addr). */
    private static final long LOWEST = 0x20000;
    private static final long HIGHEST = 0x7fff_ffff_0000L;

    private NearGap() {}

    /**
     * Finds a place, first below the object: nothing grows there. Leaves space for the growth of the heap and the main
     * stack, and a free page on either side.
     *
     * @param bytes size; a multiple of the page size
     * @return a place that was free in {@code map}; another thread may have mapped it since
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

    /** How much must stay free at the lower end of a gap, into which the heap may grow. */
    private static long room(List<Mapping> mappings, int index) {
        return index > 0 && mappings.get(index - 1).path().equals("[heap]") ? HEAP_ROOM : PAGE;
    }
}
