package dev.pulpo.elf;

import java.lang.foreign.ValueLayout;

/**
 * Where a debug file has what {@code dwz} moved out of it ({@code .gnu_debugaltlink}; DWARF 5 calls it the
 * supplementary object file).
 *
 * @param fileName a path, relative to the directory of the debug file or absolute
 * @param buildId  that of the supplementary file
 */
public record DebugAltLink(String fileName, BuildId buildId) {
    static final String SECTION = ".gnu_debugaltlink";

    static DebugAltLink read(ByteCursor cursor) {
        String name = cursor.string();
        return new DebugAltLink(name,
                BuildId.of(cursor.bytes(cursor.remaining()).toArray(ValueLayout.JAVA_BYTE)));
    }
}
