package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.ReadLimits;
import java.util.Optional;

/**
 * {@code .eh_frame_hdr} (Linux Standard Base, Core, 10.6.2): the place of {@code .eh_frame}, and of each function's entry
 * in it.
 *
 * <pre>
 *   version 1 | encodings of: pointer, count, table | pointer | count | (start of code, FDE)*
 * </pre>
 *
 * @param ehFrame the link address of {@code .eh_frame}
 * @param entries the link addresses of its FDEs in the order of their code; empty if the linker wrote no table
 */
record EhFrameHeader(LinkAddress ehFrame, Optional<long[]> entries) {
    private static final int SMALLEST_PAIR = 2;

    /**
     * @param cursor  the bytes of the section
     * @param section its link address
     * @param limits  how many entries there may be
     */
    static EhFrameHeader read(ByteCursor cursor, long section, ReadLimits limits) {
        int version = cursor.u8();
        if (version != 1) {
            throw cursor.malformed("version 1 of .eh_frame_hdr", Integer.toString(version));
        }
        int pointerEncoding = cursor.u8();
        int countEncoding = cursor.u8();
        int tableEncoding = cursor.u8();
        LinkAddress ehFrame = new LinkAddress(PointerEncoding.readInHeader(cursor, pointerEncoding, section));
        if (countEncoding == PointerEncoding.OMITTED || tableEncoding == PointerEncoding.OMITTED) {
            return new EhFrameHeader(ehFrame, Optional.empty());
        }
        long count = PointerEncoding.readInHeader(cursor, countEncoding, section);
        if (count < 0 || count > cursor.remaining() / SMALLEST_PAIR) {
            throw cursor.malformed("a table of at most " + cursor.remaining() + " bytes", count + " entries");
        }
        ReadLimits.check(cursor.source(), cursor.valueOffset(), count, limits.functions(), "functions");
        long[] entries = new long[(int) count];
        for (int i = 0; i < entries.length; i++) {
            PointerEncoding.readInHeader(cursor, tableEncoding, section);
            entries[i] = PointerEncoding.readInHeader(cursor, tableEncoding, section);
        }
        return new EhFrameHeader(ehFrame, Optional.of(entries));
    }
}
