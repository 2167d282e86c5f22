package dev.pulpo.elf;

/**
 * A position in a file, in bytes from its beginning ({@code p_offset}, {@code sh_offset} and so on). It is a different
 * thing from a {@link LinkAddress}; {@code PT_LOAD} segments translate between the two.
 *
 * @param value the offset; compared and printed unsigned
 */
public record FileOffset(long value) implements Comparable<FileOffset> {
    /** The offset this many bytes further on; wraps as the machine's arithmetic does. */
    public FileOffset plus(long bytes) {
        return new FileOffset(value + bytes);
    }

    @Override
    public int compareTo(FileOffset other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "offset 0x" + Long.toHexString(value);
    }
}
