package dev.pulpo.elf;

/**
 * A virtual address as the link editor assigned it ({@code p_vaddr}, {@code st_value} and so on), in bytes: where the
 * thing would be if the object were loaded with a bias of zero. It says nothing of any process.
 *
 * @param value the address; compared and printed unsigned
 */
public record LinkAddress(long value) implements Comparable<LinkAddress> {
    /** The address this many bytes further on; wraps as the machine's arithmetic does. */
    public LinkAddress plus(long bytes) {
        return new LinkAddress(value + bytes);
    }

    @Override
    public int compareTo(LinkAddress other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(value);
    }
}
