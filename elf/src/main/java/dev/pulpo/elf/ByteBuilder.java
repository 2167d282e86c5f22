package dev.pulpo.elf;

import java.util.Arrays;

/** Writes little-endian values one after the other, and can overwrite them: the counterpart of {@link ByteCursor}. */
public final class ByteBuilder {
    private byte[] bytes = new byte[256];
    private int size;

    /** A builder without bytes. */
    public ByteBuilder() {}

    /** How many bytes there are. */
    public int size() {
        return size;
    }

    /** Appends the lower bytes of a number. */
    public ByteBuilder number(long value, int count) {
        int at = size;
        extend(count);
        return set(at, value, count);
    }

    /** Overwrites bytes with the lower bytes of a number. */
    public ByteBuilder set(int at, long value, int count) {
        if (at < 0 || at + count > size) {
            throw new IndexOutOfBoundsException(at + " of " + size);
        }
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >>> (i * Byte.SIZE));
        }
        return this;
    }

    public ByteBuilder u8(int value) {
        return number(value, 1);
    }

    public ByteBuilder u16(int value) {
        return number(value, 2);
    }

    public ByteBuilder u32(long value) {
        return number(value, 4);
    }

    public ByteBuilder u64(long value) {
        return number(value, 8);
    }

    public ByteBuilder bytes(byte... more) {
        int at = size;
        extend(more.length);
        System.arraycopy(more, 0, bytes, at, more.length);
        return this;
    }

    /** The {@linkplain RawText#encode bytes} of a text and a NUL. */
    public ByteBuilder string(String text) {
        return bytes(RawText.encode(text)).u8(0);
    }

    public ByteBuilder uleb128(long value) {
        long rest = value;
        while (rest >>> 7 != 0) {
            u8((int) (rest & 0x7f) | 0x80);
            rest >>>= 7;
        }
        return u8((int) rest);
    }

    public ByteBuilder sleb128(long value) {
        long rest = value;
        while (rest < -0x40 || rest > 0x3f) {
            u8((int) (rest & 0x7f) | 0x80);
            rest >>= 7;
        }
        return u8((int) rest & 0x7f);
    }

    /** Appends a byte until the size is a multiple of a power of two. */
    public ByteBuilder align(int alignment, int filler) {
        while ((size & alignment - 1) != 0) {
            u8(filler);
        }
        return this;
    }

    /** A copy of all bytes. */
    public byte[] toByteArray() {
        return Arrays.copyOf(bytes, size);
    }

    private void extend(int count) {
        if (size + count > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, size + count));
        }
        size += count;
    }

    @Override
    public String toString() {
        return size + (size == 1 ? " byte" : " bytes");
    }
}
