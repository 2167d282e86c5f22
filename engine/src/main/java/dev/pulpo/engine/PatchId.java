package dev.pulpo.engine;

import java.util.Arrays;
import java.util.HexFormat;

/**
 * Identifies a patch: 32 bytes, as in libpulp. The first 16 come from the patch file's build-id, the last 16 from what it
 * replaces.
 */
public final class PatchId {
    /** Length in bytes. */
    public static final int BYTES = 32;

    private final byte[] bytes;

    /** @throws IllegalArgumentException where there are not 32 bytes */
    public PatchId(byte[] bytes) {
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("a patch id has 32 bytes, not " + bytes.length);
        }
        this.bytes = bytes.clone();
    }

    /** Parses 64 hexadecimal digits. */
    public static PatchId parse(String hex) {
        return new PatchId(HexFormat.of().parseHex(hex));
    }

    public byte[] bytes() {
        return bytes.clone();
    }

    /** All 64 hexadecimal digits. */
    public String hex() {
        return HexFormat.of().formatHex(bytes);
    }

    /** Enough digits to distinguish the patches of one process. */
    public String shortForm() {
        return hex().substring(0, 8) + hex().substring(32, 36);
    }

    /** Whether the text is the short form, the long form, or a prefix of the latter. */
    public boolean matches(String text) {
        return !text.isEmpty()
                && (text.equals(shortForm()) || hex().startsWith(text.toLowerCase(java.util.Locale.ROOT)));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof PatchId id && Arrays.equals(bytes, id.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return hex();
    }
}
