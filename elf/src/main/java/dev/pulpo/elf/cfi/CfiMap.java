package dev.pulpo.elf.cfi;

import java.util.Collection;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/** The call frame information of all objects of a process, by address. Immutable; looking something up allocates nothing. */
public final class CfiMap {
    private final LoadedCfi[] objects;
    private final ProvenFrames proven;

    private CfiMap(LoadedCfi[] objects, ProvenFrames proven) {
        this.objects = objects;
        this.proven = proven;
    }

    /**
     * Sorts the objects.
     *
     * @throws IllegalArgumentException where two of them overlap
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

    /** The same, and for code that it says nothing of, this. */
    public CfiMap with(ProvenFrames others) {
        return new CfiMap(objects, others);
    }

    /** What is known of code for which there is no call frame information. */
    ProvenFrames proven() {
        return proven;
    }

    /** The object whose code contains an address of the process; null where there is none. */
    @Nullable
    LoadedCfi find(long address) {
        int low = 0;
        int high = objects.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            LoadedCfi candidate = objects[middle];
            if (Long.compareUnsigned(address, candidate.start()) < 0) {
                high = middle - 1;
            } else if (Long.compareUnsigned(address, candidate.end()) >= 0) {
                low = middle + 1;
            } else {
                return candidate;
            }
        }
        return null;
    }
}
