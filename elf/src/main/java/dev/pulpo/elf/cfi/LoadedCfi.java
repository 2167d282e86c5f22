package dev.pulpo.elf.cfi;

/**
 * The call frame information of an object, with its place in a process.
 *
 * @param table    how to unwind its functions
 * @param loadBias what the dynamic loader added to the link addresses
 * @param start    the first address of its code
 * @param end      the address after its code
 */
public record LoadedCfi(CfiTable table, long loadBias, long start, long end) {
    public LoadedCfi {
        if (Long.compareUnsigned(start, end) > 0) {
            throw new IllegalArgumentException(
                    "0x" + Long.toHexString(start) + " is behind 0x" + Long.toHexString(end));
        }
    }
}
