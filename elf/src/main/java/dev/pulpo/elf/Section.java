package dev.pulpo.elf;

/**
 * A section header (gABI, "Sections").
 *
 * @param index     its number in the table
 * @param name      its name
 * @param type      what it holds
 * @param flags     {@code SHF_WRITE} 1, {@code SHF_ALLOC} 2, {@code SHF_EXECINSTR} 4, {@code SHF_COMPRESSED} 0x800 …
 * @param address   where it is in memory; zero if it is not loaded
 * @param offset    where its bytes are in the file
 * @param size      in bytes; also its size in the file, if it {@linkplain #hasBytes() has bytes} there
 * @param link      the number of a related section; its meaning depends on the type
 * @param info      more; its meaning depends on the type
 * @param alignment in bytes; 0 and 1 mean none
 * @param entrySize the size of an entry if it is a table
 */
public record Section(int index, String name, SectionType type, long flags, LinkAddress address, FileOffset offset,
        long size, int link, int info, long alignment, long entrySize) {
    static final int ENTRY_SIZE = 64;

    /** Whether it is part of the memory of the running program ({@code SHF_ALLOC}). */
    public boolean isAllocated() {
        return (flags & 2) != 0;
    }

    public boolean isWritable() {
        return (flags & 1) != 0;
    }

    public boolean isExecutable() {
        return (flags & 4) != 0;
    }

    /** Whether its bytes in the file are compressed ({@code SHF_COMPRESSED}). */
    public boolean isCompressed() {
        return (flags & 0x800) != 0;
    }

    /** Whether the file holds bytes of it; {@code .bss} has none, nor have most sections of a separate debug file. */
    public boolean hasBytes() {
        return !type.equals(SectionType.NOBITS) && !type.equals(SectionType.NULL);
    }

    /** Whether an address lies in its memory. */
    public boolean contains(LinkAddress place) {
        return isAllocated() && Long.compareUnsigned(place.value() - address.value(), size) < 0;
    }
}
