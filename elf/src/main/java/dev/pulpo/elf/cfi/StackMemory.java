package dev.pulpo.elf.cfi;

/** The memory of stacks, by addresses of the process. */
@FunctionalInterface
public interface StackMemory {
    /**
     * Reads a little-endian value without sign.
     *
     * @param address where it is
     * @param size    1, 2, 4 or 8 bytes
     * @param into    takes the value, if it can be read
     * @param index   where in {@code into}
     * @return whether it could be read; if not, {@code into} is unchanged
     */
    boolean read(long address, int size, long[] into, int index);
}
