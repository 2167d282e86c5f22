package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteBuilder;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.expression.DwarfRegisters;
import java.util.List;

/** Call frame information for a function that nobody has compiled, and that has no frame pointer. */
public final class NewFrames {
    private static final int PC_RELATIVE_32 = 0x1b;
    /** DWARF 5, table 7.29. */
    private static final int DEF_CFA = 0x0c;
    private static final int DEF_CFA_OFFSET = 0x0e;
    private static final int ADVANCE_4 = 0x04;
    private static final int OFFSET = 0x80;
    private static final int WORD = 8;
    /** {@code .eh_frame_hdr} with one entry (LSB, "Exception Frames"). */
    private static final int HEADER = 24;

    private NewFrames() {}

    /**
     * From some byte of the function on, the canonical frame address is that far above the stack pointer.
     *
     * @param at     offset in the function
     * @param offset in bytes
     */
    public record Row(int at, int offset) {}

    /**
     * Both sections of an object that has only this function.
     *
     * @param address  where they will be: a multiple of eight
     * @param function its link address
     * @param size     in bytes
     * @param rows     ascending; at the entry the offset is 8
     */
    public static FrameExcerpt.Written of(LinkAddress address, LinkAddress function, int size, List<Row> rows) {
        long start = address.value() + HEADER;
        ByteBuilder out = new ByteBuilder();
        out.u32(0).u32(0).u8(1).string("zR").uleb128(1).sleb128(-WORD).u8(DwarfRegisters.RIP);
        out.uleb128(1).u8(PC_RELATIVE_32);
        out.u8(DEF_CFA).uleb128(DwarfRegisters.RSP).uleb128(WORD).u8(OFFSET | DwarfRegisters.RIP).uleb128(1);
        close(out, 0);
        int entry = out.size();
        out.u32(0).u32(entry + 4).u32(function.value() - (start + out.size())).u32(size).uleb128(0);
        int at = 0;
        for (Row row : rows) {
            out.u8(ADVANCE_4).u32(row.at - at).u8(DEF_CFA_OFFSET).uleb128(row.offset);
            at = row.at;
        }
        close(out, entry);
        ByteBuilder header = new ByteBuilder();
        // Pointer: relative to itself; count: plain; table: relative to the header, each of four bytes.
        header.u8(1).u8(PC_RELATIVE_32).u8(0x03).u8(0x3b).u32(HEADER - 4).u32(1);
        header.u32(function.value() - address.value()).u32(HEADER + entry).align(WORD, 0);
        return new FrameExcerpt.Written(header, out.u32(0));
    }

    private static void close(ByteBuilder out, int at) {
        out.align(WORD, 0);
        out.set(at, out.size() - at - 4, 4);
    }
}
