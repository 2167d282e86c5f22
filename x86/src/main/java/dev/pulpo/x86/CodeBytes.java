package dev.pulpo.x86;

import java.util.Arrays;
import java.util.HexFormat;

/** Bytes that are, or will be, at an address. Immutable. */
public final class CodeBytes {
    private final CodeAddress start;
    private final byte[] bytes;

    private CodeBytes(CodeAddress start, byte[] bytes) {
        this.start = start;
        this.bytes = bytes;
    }

    /** The bytes at {@code start}; the array is copied. */
    public static CodeBytes at(CodeAddress start, byte... bytes) {
        return new CodeBytes(start, bytes.clone());
    }

    /** Bytes in hexadecimal, with optional spaces: {@code "f3 0f 1e fa 66 90"}. */
    public static CodeBytes at(CodeAddress start, String hex) {
        return new CodeBytes(start, HexFormat.of().parseHex(hex.replace(" ", "")));
    }

    /** The address of the first byte. */
    public CodeAddress start() {
        return start;
    }

    /** The address after the last byte. */
    public CodeAddress end() {
        return start.plus(bytes.length);
    }

    /** How many bytes. */
    public int length() {
        return bytes.length;
    }

    /** A copy of the bytes. */
    public byte[] toByteArray() {
        return bytes.clone();
    }

    /** Whether all of the {@code length} bytes at {@code address} are among these. */
    public boolean covers(CodeAddress address, int length) {
        long offset = address.minus(start);
        return length >= 0 && offset >= 0 && offset <= bytes.length - (long) length;
    }

    /**
     * The byte at an address, 0 to 255.
     *
     * @throws IndexOutOfBoundsException when it is not among these bytes
     */
    public int byteAt(CodeAddress address) {
        return bytes[indexOf(address, 1)] & 0xff;
    }

    /**
     * Some of these bytes, at the address where they are.
     *
     * @throws IndexOutOfBoundsException when not all of them are among these bytes
     */
    public CodeBytes slice(CodeAddress address, int length) {
        int from = indexOf(address, length);
        return new CodeBytes(address, Arrays.copyOfRange(bytes, from, from + length));
    }

    /** Four bytes as a little-endian signed number. */
    int int32At(CodeAddress address) {
        int from = indexOf(address, 4);
        int value = 0;
        for (int i = 3; i >= 0; i--) {
            value = (value << 8) | (bytes[from + i] & 0xff);
        }
        return value;
    }

    /** Eight bytes as a little-endian number. */
    long int64At(CodeAddress address) {
        return (int32At(address) & 0xffff_ffffL) | ((long) int32At(address.plus(4)) << 32);
    }

    private int indexOf(CodeAddress address, int length) {
        if (!covers(address, length)) {
            throw new IndexOutOfBoundsException(
                    length + " bytes at " + address + " are not all within " + start + ".." + end());
        }
        return (int) address.minus(start);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof CodeBytes that && start.equals(that.start) && Arrays.equals(bytes, that.bytes);
    }

    @Override
    public int hashCode() {
        return 31 * start.hashCode() + Arrays.hashCode(bytes);
    }

    @Override
    public String toString() {
        return start + ": " + HexFormat.ofDelimiter(" ").formatHex(bytes);
    }
}
