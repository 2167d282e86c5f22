package dev.pulpo.elf;

import java.util.Optional;

/**
 * Names the file to which {@code dwz} moved parts of a debug file ({@code .gnu_debugaltlink}; or {@code .debug_sup},
 * DWARF 5, 7.3.6, which calls it the supplementary object file).
 *
 * @param fileName a path, relative to the directory of the debug file or absolute
 * @param buildId  the build-id of the supplementary file, or the checksum that {@code .debug_sup} gives to both files
 */
public record DebugAltLink(String fileName, BuildId buildId) {
    static final String SECTION = ".gnu_debugaltlink";
    static final String SUPPLEMENT = ".debug_sup";

    static DebugAltLink read(ByteCursor cursor) {
        String name = cursor.string();
        return new DebugAltLink(name, BuildId.read(cursor, cursor.remaining()));
    }

    /**
     * Reads {@code .debug_sup}.
     *
     * @param supplementary whether to read the section of the supplementary file itself, which names no file
     * @return empty if the section belongs to the other file
     */
    static Optional<DebugAltLink> readSupplement(ByteCursor cursor, boolean supplementary) {
        int version = cursor.u16();
        if (version != 5) {
            throw cursor.malformed("version 5", Integer.toString(version));
        }
        boolean found = cursor.u8() != 0;
        String name = cursor.string();
        BuildId checksum = BuildId.read(cursor, cursor.uleb128());
        return found == supplementary ? Optional.of(new DebugAltLink(name, checksum)) : Optional.empty();
    }
}
