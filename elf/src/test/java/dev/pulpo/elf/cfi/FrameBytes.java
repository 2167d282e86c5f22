package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.LinkAddress;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Assembles call frame information byte by byte. Methods that write return the object, so that they can be chained. */
final class FrameBytes {
    static final long ADDRESS = 0x4000;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    static FrameBytes bytes(int... values) {
        return new FrameBytes().u8(values);
    }

    int size() {
        return out.size();
    }

    FrameBytes u8(int... values) {
        for (int value : values) {
            out.write(value);
        }
        return this;
    }

    FrameBytes number(long value, int size) {
        for (int i = 0; i < size; i++) {
            out.write((int) (value >> (8 * i)));
        }
        return this;
    }

    FrameBytes u32(long value) {
        return number(value, 4);
    }

    FrameBytes u64(long value) {
        return number(value, 8);
    }

    FrameBytes uleb(long value) {
        long rest = value;
        for (; rest >>> 7 != 0; rest >>>= 7) {
            out.write((int) (rest & 0x7f) | 0x80);
        }
        return u8((int) rest);
    }

    FrameBytes sleb(long value) {
        long rest = value;
        for (; rest < -64 || rest > 63; rest >>= 7) {
            out.write((int) (rest & 0x7f) | 0x80);
        }
        return u8((int) (rest & 0x7f));
    }

    FrameBytes string(String text) {
        out.writeBytes(text.getBytes(StandardCharsets.UTF_8));
        return u8(0);
    }

    FrameBytes append(FrameBytes other) {
        out.writeBytes(other.out.toByteArray());
        return this;
    }

    /** The bytes with their number before them. */
    FrameBytes block(FrameBytes content) {
        return uleb(content.size()).append(content);
    }

    /** An entry with its length before it. */
    FrameBytes entry(FrameBytes content) {
        return u32(content.size()).append(content);
    }

    /** The CIE that GCC writes into {@code .eh_frame}: CFA rsp + 8, return address at CFA - 8. */
    static FrameBytes ehFrame() {
        return ehFrame("zR", bytes(0x1b), bytes(0x0c, 7, 8, 0x90, 1));
    }

    static FrameBytes ehFrame(String augmentation, FrameBytes data, FrameBytes instructions) {
        return new FrameBytes().entry(new FrameBytes().u32(0).u8(1).string(augmentation).uleb(1).sleb(-8).u8(16)
                .block(data).append(instructions));
    }

    /** An FDE that refers to the CIE at the beginning, for code at a link address. */
    FrameBytes function(long start, long length, FrameBytes instructions) {
        int id = size() + 4;
        return entry(new FrameBytes().u32(id).u32(start - (ADDRESS + id + 4)).u32(length).u8(0).append(instructions));
    }

    byte[] toArray() {
        return out.toByteArray();
    }

    ByteCursor cursor() {
        return ByteCursor.of(ByteSource.of(toArray()), "test", 0, size());
    }

    CfiSection asEhFrame() {
        return CfiSection.ehFrame(cursor(), new LinkAddress(ADDRESS));
    }

    CfiSection asDebugFrame() {
        return CfiSection.debugFrame(cursor());
    }
}
