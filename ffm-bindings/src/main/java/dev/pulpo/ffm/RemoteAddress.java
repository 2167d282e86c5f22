package dev.pulpo.ffm;

/**
 * A virtual address in the address space of another process, in bytes. It can be computed with and printed, never
 * dereferenced.
 *
 * @param value the address; compared and printed unsigned
 */
public record RemoteAddress(long value) implements Comparable<RemoteAddress> {
    /** The address that no object has. */
    public static final RemoteAddress NULL = new RemoteAddress(0);

    /** Where the memory of processes ends, with five levels of page tables (Documentation/arch/x86/x86_64/mm.rst). */
    private static final long USER_END = 1L << 56;

    /** The address this many bytes further on; wraps as the machine's arithmetic does. */
    public RemoteAddress plus(long bytes) {
        return new RemoteAddress(value + bytes);
    }

    /** Bytes from {@code other} to this address; negative where this one lies below. */
    public long minus(RemoteAddress other) {
        return value - other.value;
    }

    /** Whether a process can have so many bytes here: not the null address, nothing of the kernel's, and no end that wraps. */
    public boolean hasRoomFor(long bytes) {
        return value > 0 && bytes >= 0 && bytes <= USER_END && value <= USER_END - bytes;
    }

    public boolean isNull() {
        return value == 0;
    }

    @Override
    public int compareTo(RemoteAddress other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return "0x" + Long.toHexString(value);
    }
}
