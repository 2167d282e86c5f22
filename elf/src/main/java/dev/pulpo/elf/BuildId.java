package dev.pulpo.elf;

import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/**
 * The identity of a build of an object, from the link editor ({@code NT_GNU_BUILD_ID}). The object, its stripped copy and
 * its debug file share it.
 *
 * @param hex the bytes in lower-case hexadecimal digits, usually 40 of them
 */
public record BuildId(String hex) {
    static final int NOTE_TYPE = 3;

    /** Linkers generate up to 20 bytes; a user may give the linker any number. */
    private static final int LONGEST = 256;

    /**
     * Reads a build-id.
     *
     * @param length how many bytes it has
     * @throws MalformedElfException if fewer bytes are left, or a build-id cannot be so long
     */
    public static BuildId read(ByteCursor cursor, long length) {
        // Reading reports a length that exceeds the remaining bytes.
        if (length > LONGEST && length <= cursor.remaining()) {
            throw cursor.malformed("a build-id of at most " + LONGEST + " bytes", Long.toUnsignedString(length));
        }
        return new BuildId(HexFormat.of().formatHex(cursor.bytes(length).toArray(ValueLayout.JAVA_BYTE)));
    }

    /** The bytes. */
    public byte[] bytes() {
        return HexFormat.of().parseHex(hex);
    }

    @Override
    public String toString() {
        return hex;
    }
}
