package dev.pulpo.engine;

import java.util.HexFormat;

/**
 * Identifies a patch: 32 bytes, as in libpulp. The first 16 come from the patch file's build-id, the last 16 from what it
 * replaces.
 *
 * @param value all of it
 */
public record PatchId(ByteString value) {
    /** Length in bytes. */
    public static final int BYTES = 32;

    /** @throws IllegalArgumentException where there are not 32 bytes */
    public PatchId {
        if (value.length() != BYTES) {
            throw new IllegalArgumentException("a patch id has 32 bytes, not " + value.length());
        }
    }

    /** @throws IllegalArgumentException where there are not 32 bytes */
    public PatchId(byte[] bytes) {
        this(ByteString.of(bytes));
    }

    /** Parses 64 hexadecimal digits. */
    public static PatchId parse(String hex) {
        return new PatchId(HexFormat.of().parseHex(hex));
    }

    public byte[] bytes() {
        return value.toArray();
    }

    /** All 64 hexadecimal digits. */
    public String hex() {
        return value.toString();
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
    public String toString() {
        return hex();
    }
}
