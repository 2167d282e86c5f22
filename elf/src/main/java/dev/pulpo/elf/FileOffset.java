package dev.pulpo.elf;

/**
 * A position in a file, in bytes from its beginning ({@code p_offset}, {@code sh_offset} and so on). {@code PT_LOAD}
 * segments translate between it and a {@link LinkAddress}.
 *
 * @param value the offset; compared and printed unsigned
 */
public record FileOffset(long value) implements Comparable<FileOffset> {
    /** The offset plus some bytes; wraps around. */
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
