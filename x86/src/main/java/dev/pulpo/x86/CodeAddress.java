package dev.pulpo.x86;

/**
 * Where a byte of code is, in whatever address space the caller works in: addresses of a process, of an object file, or
 * offsets into a section. They need only be the ones that the code itself will see when it runs, because the distance
 * between two of them ends up in branch displacements.
 *
 * @param value the address; compared and printed unsigned
 */
public record CodeAddress(long value) implements Comparable<CodeAddress> {
    /** The address this many bytes further on; wraps as the machine's arithmetic does. */
    public CodeAddress plus(long bytes) {
        return new CodeAddress(value + bytes);
    }

    /** How many bytes lie between {@code start} and this address; negative when this address comes first. */
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
