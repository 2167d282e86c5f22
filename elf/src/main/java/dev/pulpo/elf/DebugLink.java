package dev.pulpo.elf;

import java.lang.foreign.MemorySegment;
import java.util.zip.CRC32;

/**
 * Names the debug file of a stripped object ({@code .gnu_debuglink}; GDB manual, "Debugging Information in Separate
 * Files").
 *
 * @param fileName the debug file's name, without a directory
 * @param crc      the CRC-32 of all its bytes
 */
public record DebugLink(String fileName, int crc) {
    static final String SECTION = ".gnu_debuglink";
    /** Large enough to be fast, small enough for a source that copies. */
    private static final long CHUNK = 1 << 20;

    static DebugLink read(ByteCursor cursor) {
        String name = cursor.string();
        return new DebugLink(name, cursor.align(4).i32());
    }

    /** Whether a file has this CRC; reads all of it. */
    public boolean matches(ByteSource file) {
        CRC32 sum = new CRC32();
        for (long at = 0; at < file.size(); at += CHUNK) {
            MemorySegment chunk = file.slice(at, Math.min(CHUNK, file.size() - at));
            sum.update(chunk.asByteBuffer());
        }
        return (int) sum.getValue() == crc;
    }
}
