package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.LinkAddress;

/**
 * The bytes of a section of call frame information. A value: reading it does not move the cursor it holds.
 *
 * @param format  the format of the bytes
 * @param bytes   the section's contents, as linked (no relocation is applied to them)
 * @param address the address of the section, to which its pointers are relative; zero if it is not loaded
 */
public record CfiSection(Format format, ByteCursor bytes, LinkAddress address) {
    /** How entries refer to each other and to code. */
    public enum Format {
        /** {@code .eh_frame} (Linux Standard Base, Core, 10.6): encoded pointers, CIE at a distance. */
        EH_FRAME,
        /** {@code .debug_frame} (DWARF 5, 6.4.1): absolute pointers, CIE at an offset in the section. */
        DEBUG_FRAME
    }

    /** An {@code .eh_frame}. */
    public static CfiSection ehFrame(ByteCursor bytes, LinkAddress address) {
        return new CfiSection(Format.EH_FRAME, bytes, address);
    }

    /** A {@code .debug_frame}. */
    public static CfiSection debugFrame(ByteCursor bytes) {
        return new CfiSection(Format.DEBUG_FRAME, bytes, new LinkAddress(0));
    }

    /** A cursor whose positions are those of the section, over its first {@code end} bytes. */
    ByteCursor until(long end) {
        return bytes.slice(0, end);
    }
}
