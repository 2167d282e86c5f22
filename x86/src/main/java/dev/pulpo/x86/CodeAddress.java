package dev.pulpo.x86;

/**
 * The address of a byte of code, in the caller's address space: that of a process or an object file, or offsets into a
 * section. Distances between addresses must be those at run time, because they become branch displacements.
 *
 * @param value the address; compared and printed unsigned
 */
public record CodeAddress(long value) implements Comparable<CodeAddress> {
    /** The address plus some bytes; wraps around. */
    public CodeAddress plus(long bytes) {
        return new CodeAddress(value + bytes);
    }

    /** The distance from {@code start} to this address, in bytes; negative if this address comes first. */
    public long minus(CodeAddress start) {
        return value - start.value;
    }

    @Override
    public int compareTo(CodeAddress other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(value);
    }
}
