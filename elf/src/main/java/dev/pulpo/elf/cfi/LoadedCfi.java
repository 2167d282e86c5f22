package dev.pulpo.elf.cfi;

/**
 * The call frame information of an object at the place where a process has it.
 *
 * @param table    how to leave its functions
 * @param loadBias what the dynamic loader added to the link addresses
 * @param start    the first address of its code
 * @param end      the address behind its code
 */
public record LoadedCfi(CfiTable table, long loadBias, long start, long end) {
    public LoadedCfi {
        if (Long.compareUnsigned(start, end) > 0) {
            throw new IllegalArgumentException(
                    "0x" + Long.toHexString(start) + " is behind 0x" + Long.toHexString(end));
        }
    }
}
