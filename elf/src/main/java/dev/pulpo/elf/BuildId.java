package dev.pulpo.elf;

import java.lang.foreign.ValueLayout;
import java.util.HexFormat;

/**
 * The number that the link editor gave to an object ({@code NT_GNU_BUILD_ID}): the same for the object, its stripped
 * copy and its debug file, and different for every other.
 *
 * @param hex the bytes in lower-case hexadecimal digits, usually 40 of them
 */
public record BuildId(String hex) {
    static final int NOTE_TYPE = 3;

    /** Linkers make up to 20 bytes; by hand any number can be given. */
    private static final int LONGEST = 256;

    /**
     * Reads one.
     *
     * @param length how many bytes it has
     * @throws MalformedElfException where there are not so many, or more than it can have
     */
    public static BuildId read(ByteCursor cursor, long length) {
        // What is not there is told by reading it.
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
