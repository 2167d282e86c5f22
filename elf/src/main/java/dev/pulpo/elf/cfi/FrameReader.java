package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.cfi.CfiSection.Format;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the entries of one section. A defect inside an entry is recorded and costs only that entry; a wrong length makes
 * the rest unreadable.
 *
 * <pre>
 *   length (4, or 4 + 8) | CIE: id, version, augmentation …, initial instructions
 *                        | FDE: CIE pointer, start, length of the code, augmentation data, instructions
 * </pre>
 */
final class FrameReader {
    private static final long LONG_FORM = 0xffff_ffffL;
    private static final long FIRST_RESERVED_LENGTH = 0xffff_fff0L;

    private final CfiSection section;
    private final Map<Long, CommonEntry> commonEntries = new HashMap<>();
    private final List<FunctionEntry> functions = new ArrayList<>();
    private final FrameBudget budget;

    FrameReader(CfiSection section, FrameBudget budget) {
        this.section = section;
        this.budget = budget;
    }

    /** The positions of an entry's parts, in bytes from the beginning of the section. */
    private record Extent(long start, long id, long end, boolean longForm) {}

    /** The entries of functions, in the order of the section, up to its end. */
    List<FunctionEntry> readAll() {
        return read(false);
    }

    /** The entries of functions up to the terminator, for a section of unknown length. */
    List<FunctionEntry> readToTerminator() {
        return read(true);
    }

    private List<FunctionEntry> read(boolean stopAtTerminator) {
        ByteCursor cursor = section.until(section.bytes().limit());
        while (cursor.hasRemaining()) {
            Extent extent = extent(cursor);
            // A zero length ends the contribution of crtend.o; other inputs of the linker may follow.
            if (extent.end() > extent.id()) {
                cursor.position(extent.end());
                readFunction(extent);
            } else if (stopAtTerminator) {
                break;
            }
        }
        return functions;
    }

    /**
     * The entries of functions at the given positions, which {@code .eh_frame_hdr} has if the length of the section is
     * unknown.
     */
    List<FunctionEntry> readAt(long[] positions) {
        ByteCursor cursor = section.until(section.bytes().limit());
        for (long position : positions) {
            readFunction(extent(cursor.position(position)));
        }
        return functions;
    }

    private Extent extent(ByteCursor cursor) {
        long start = cursor.position();
        long length = cursor.u32();
        budget.entry(cursor);
        boolean longForm = length == LONG_FORM;
        if (longForm) {
            length = cursor.u64();
        } else if (length >= FIRST_RESERVED_LENGTH) {
            throw cursor.malformed("the length of an entry", "0x" + Long.toHexString(length));
        }
        if (length < 0 || length > cursor.remaining()) {
            throw cursor.malformed("an entry within the section, " + cursor.remaining() + " bytes are left",
                    "a length of 0x" + Long.toHexString(length));
        }
        return new Extent(start, cursor.position(), cursor.position() + length, longForm);
    }

    private void readFunction(Extent extent) {
        try {
            FunctionEntry function = function(extent);
            if (function != null) {
                functions.add(function);
            }
        } catch (MalformedElfException defect) {
            budget.defect(defect);
        }
    }

    /** The entry of a function; null for an entry of another kind or without code. */
    private @Nullable FunctionEntry function(Extent extent) {
        // The cursor ends with the entry, so it cannot read into the next one.
        ByteCursor cursor = section.until(extent.end()).position(extent.id());
        long id = readId(cursor, extent);
        if (isCommon(id, extent)) {
            return null;
        }
        long commonOffset = section.format() == Format.EH_FRAME ? extent.id() - id : id;
        CommonEntry common = commonAt(commonOffset, cursor);
        long start;
        long length;
        if (section.format() == Format.EH_FRAME) {
            start = PointerEncoding.read(cursor, common.pointerEncoding(), section.address().value());
            length = PointerEncoding.readValue(cursor, common.pointerEncoding());
        } else {
            start = cursor.skip(common.selectorSize()).unsigned(common.addressSize());
            length = cursor.unsigned(common.addressSize());
        }
        if (length != 0 && Long.compareUnsigned(start + length, start) <= 0) {
            throw cursor.malformed("the length of a function at 0x" + Long.toHexString(start),
                    "0x" + Long.toHexString(length));
        }
        long handlers = 0;
        if (common.sizedAugmentation()) {
            long size = cursor.uleb128();
            long data = cursor.position();
            handlers = size == 0 ? 0 : handlers(cursor, common);
            cursor.position(data).skip(size);
        }
        return length == 0
                ? null
                : new FunctionEntry(section, extent.start(), common, start, start + length, handlers, cursor.position(),
                        cursor.remaining());
    }

    /** An encoded zero means that there are none (Linux Standard Base, Core, 10.6.1.1.1). */
    private long handlers(ByteCursor cursor, CommonEntry common) {
        int encoding = common.handlersEncoding();
        if (encoding == PointerEncoding.OMITTED) {
            return 0;
        }
        long field = cursor.position();
        return PointerEncoding.readValue(cursor, encoding) == 0
                ? 0
                : PointerEncoding.read(cursor.position(field), encoding, section.address().value());
    }

    /** In {@code .eh_frame} the identifier has four bytes even in entries with a long length. */
    private long readId(ByteCursor cursor, Extent extent) {
        return section.format() == Format.DEBUG_FRAME && extent.longForm() ? cursor.u64() : cursor.u32();
    }

    private boolean isCommon(long id, Extent extent) {
        return section.format() == Format.EH_FRAME ? id == 0 : id == (extent.longForm() ? -1 : 0xffff_ffffL);
    }

    private CommonEntry commonAt(long offset, ByteCursor referrer) {
        CommonEntry known = commonEntries.get(offset);
        if (known != null) {
            return known;
        }
        if (offset < 0 || offset >= section.bytes().limit()) {
            throw referrer.malformed("a pointer to a CIE", "offset 0x" + Long.toHexString(offset));
        }
        Extent extent = extent(section.until(section.bytes().limit()).position(offset));
        ByteCursor cursor = section.until(extent.end()).position(extent.id());
        if (!isCommon(readId(cursor, extent), extent)) {
            throw cursor.malformed("a CIE", "an entry of another kind");
        }
        budget.common(cursor);
        CommonEntry common = new CommonEntryReader(cursor, section.address().value()).read(extent.start());
        commonEntries.put(offset, common);
        return common;
    }
}
