package dev.pulpo.elf;

/**
 * A virtual address as the link editor assigned it ({@code p_vaddr}, {@code st_value} and so on), in bytes: where the
 * thing would be if the load bias were zero. It is not an address of a process.
 *
 * @param value the address; compared and printed unsigned
 */
public record LinkAddress(long value) implements Comparable<LinkAddress> {
    /** The address plus some bytes; wraps around. */
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
