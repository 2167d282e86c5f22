package dev.pulpo.elf.zstd;

import java.util.Arrays;
import java.util.zip.DataFormatException;

/** The decompressed bytes. Grows with the output, so that a wrong size costs no memory. */
final class Output {
    private final int size;
    private byte[] bytes;
    private int count;

    /** @param size the largest size */
    Output(int size, int likely) {
        this.size = size;
        this.bytes = new byte[Math.min(size, Math.max(64, likely))];
    }

    int count() {
        return count;
    }

    private void reserve(int more) throws DataFormatException {
        if (more > size - count) {
            throw new DataFormatException("more than the " + size + " bytes that it should be");
        }
        if (more > bytes.length - count) {
            bytes = Arrays.copyOf(bytes, (int) Math.min(size, Math.max(count + more, 2L * bytes.length)));
        }
    }

    void append(byte[] from, int start, int length) throws DataFormatException {
        reserve(length);
        System.arraycopy(from, start, bytes, count, length);
        count += length;
    }

    void repeat(byte value, int length) throws DataFormatException {
        reserve(length);
        Arrays.fill(bytes, count, count + length, value);
        count += length;
    }

    /** Appends what began {@code distance} bytes ago; the copy may overlap itself. */
    void copy(long distance, int length, int frameStart) throws DataFormatException {
        if (distance <= 0 || distance > count - frameStart) {
            throw new DataFormatException("a copy from " + distance + " bytes back, of " + (count - frameStart));
        }
        reserve(length);
        int from = count - (int) distance;
        if (distance >= length) {
            System.arraycopy(bytes, from, bytes, count, length);
        } else {
            for (int i = 0; i < length; i++) {
                bytes[count + i] = bytes[from + i];
            }
        }
        count += length;
    }

    byte[] toByteArray() {
        return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
    }
}
