package dev.pulpo.elf;

import java.util.HexFormat;

/**
 * The number that the link editor gave to an object ({@code NT_GNU_BUILD_ID}): the same for the object, its stripped
 * copy and its debug file, and different for every other.
 *
 * @param hex the bytes in lower-case hexadecimal digits, usually 40 of them
 */
public record BuildId(String hex) {
    static final int NOTE_TYPE = 3;

    static BuildId of(byte[] bytes) {
        return new BuildId(HexFormat.of().formatHex(bytes));
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
