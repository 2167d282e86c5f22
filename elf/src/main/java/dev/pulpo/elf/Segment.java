package dev.pulpo.elf;

/**
 * A program header (gABI, "Program Header"): a part of the file, and where the loader puts it.
 *
 * @param index           its number in the table
 * @param type            what it is for
 * @param flags           {@code PF_X} 1, {@code PF_W} 2, {@code PF_R} 4, others of the system
 * @param offset          where its bytes are in the file
 * @param address         where they are in memory
 * @param physicalAddress without meaning on Linux; kept as it is
 * @param fileSize        how many bytes the file holds
 * @param memorySize      how many bytes there are in memory; those that the file does not hold are zero
 * @param alignment       in bytes; 0 and 1 mean none
 */
public record Segment(int index, SegmentType type, int flags, FileOffset offset, LinkAddress address,
        LinkAddress physicalAddress, long fileSize, long memorySize, long alignment) {
    /** Bytes of Elf64_Phdr. */
    public static final int ENTRY_SIZE = 56;

    static Segment read(ByteCursor cursor, int index) {
        SegmentType type = new SegmentType(cursor.i32());
        int flags = cursor.i32();
        return new Segment(index, type, flags, new FileOffset(cursor.u64()), cursor.address(), cursor.address(),
                cursor.u64(), cursor.u64(), cursor.u64());
    }

    public boolean isExecutable() {
        return (flags & 1) != 0;
    }

    public boolean isWritable() {
        return (flags & 2) != 0;
    }

    public boolean isReadable() {
        return (flags & 4) != 0;
    }

    /** Whether an address lies in its memory. */
    public boolean contains(LinkAddress place) {
        return Long.compareUnsigned(place.value() - address.value(), memorySize) < 0;
    }

    /** Whether an address lies in the part that comes from the file. */
    boolean fileHolds(LinkAddress place) {
        return Long.compareUnsigned(place.value() - address.value(), fileSize) < 0;
    }
}
