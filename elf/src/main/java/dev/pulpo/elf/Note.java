package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A note (gABI, "Note Section").
 *
 * @param owner      who defines the meaning of the type, such as {@code GNU}
 * @param type       what the descriptor is
 * @param descriptor the bytes; they live as long as the file is open
 */
public record Note(String owner, int type, MemorySegment descriptor) {
    private static final int HEADER = 12;
    /** Annobin and SystemTap generate tens of thousands of notes. */
    private static final int MOST = 1 << 18;

    /**
     * Reads all notes.
     *
     * @param alignment the alignment of the section or segment. With 8, names and descriptors are padded to 8 bytes (only
     *                  GNU property notes do so, although the gABI wants it for all 64-bit objects), else to 4
     */
    static void read(ByteCursor cursor, long alignment, List<Note> notes) {
        int padding = alignment == 8 ? 8 : 4;
        while (cursor.remaining() >= HEADER) {
            long nameSize = cursor.u32();
            long descriptorSize = cursor.u32();
            int type = cursor.i32();
            ByteCursor name = cursor.sub(nameSize);
            cursor.align(padding);
            String owner = nameSize == 0 ? "" : name.string();
            notes.add(new Note(owner, type, cursor.bytes(descriptorSize)));
            cursor.align(padding);
            ReadLimits.check(cursor.source(), cursor.valueOffset(), notes.size(), MOST, "notes");
        }
    }

    boolean isGnu(int wanted) {
        return type == wanted && owner.equals("GNU");
    }

    @Override
    public String toString() {
        return "note " + type + " of " + owner + ", " + descriptor.byteSize() + " bytes";
    }
}
