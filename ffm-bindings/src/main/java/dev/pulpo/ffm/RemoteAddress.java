package dev.pulpo.ffm;

/**
 * A virtual address in the address space of another process, in bytes. It supports arithmetic and printing, but not
 * dereferencing.
 *
 * @param value the address; compared and printed unsigned
 */
public record RemoteAddress(long value) implements Comparable<RemoteAddress> {
    /** The null address. */
    public static final RemoteAddress NULL = new RemoteAddress(0);

    /** Where the memory of processes ends, with five levels of page tables (Documentation/arch/x86/x86_64/mm.rst). */
    private static final long USER_END = 1L << 56;

    /** The address plus some bytes; wraps around. */
    public RemoteAddress plus(long bytes) {
        return new RemoteAddress(value + bytes);
    }

    /** The distance from {@code other} to this address, in bytes; negative if this one is lower. */
    public long minus(RemoteAddress other) {
        return value - other.value;
    }

    /**
     * Whether a process can have so many bytes here: not at the null address, not in the kernel's part, and not wrapping
     * around.
     */
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
