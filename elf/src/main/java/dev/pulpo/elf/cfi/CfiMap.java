package dev.pulpo.elf.cfi;

import dev.pulpo.elf.SortedAddresses;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** The call frame information of all objects of a process, by address. Immutable; a look-up allocates nothing. */
public final class CfiMap {
    private final LoadedCfi[] objects;
    private final long[] starts;
    private final ProvenFrames proven;

    private CfiMap(LoadedCfi[] objects, ProvenFrames proven) {
        this.objects = objects;
        starts = Arrays.stream(objects).mapToLong(LoadedCfi::start).toArray();
        this.proven = proven;
    }

    /**
     * Sorts the objects.
     *
     * @throws IllegalArgumentException if two of them overlap
     */
    public static CfiMap of(Collection<LoadedCfi> objects) {
        LoadedCfi[] sorted = objects.stream().sorted(Comparator.comparing(LoadedCfi::start, Long::compareUnsigned))
                .toArray(LoadedCfi[]::new);
        for (int i = 1; i < sorted.length; i++) {
            if (Long.compareUnsigned(sorted[i - 1].end(), sorted[i].start()) > 0) {
                throw new IllegalArgumentException("two objects at 0x" + Long.toHexString(sorted[i].start()));
            }
        }
        return new CfiMap(sorted, ProvenFrames.NONE);
    }

    /** The same map, with proven frames for code that it does not describe. */
    public CfiMap with(ProvenFrames others) {
        return new CfiMap(objects, others);
    }

    /** The proven frames of code without call frame information. */
    ProvenFrames proven() {
        return proven;
    }

    /** The object whose code contains an address of the process; null if there is none. */
    @Nullable
    LoadedCfi find(long address) {
        int at = SortedAddresses.floor(starts, address);
        return at >= 0 && Long.compareUnsigned(address, objects[at].end()) < 0 ? objects[at] : null;
    }
}
