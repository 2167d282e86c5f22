package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.TooLargeException;
import java.util.ArrayList;
import java.util.List;

/**
 * What the call frame information of an object may cost, and what is wrong with single entries of it. Entries may overlap
 * where {@code .eh_frame_hdr} says where they are, so what is counted is what is read and not how long the section is.
 */
final class FrameBudget {
    /** Each is an exception with all that belongs to it; a file of nothing else has a million. */
    private static final int MOST_DEFECTS = 1000;
    /** Linkers keep each different one once; {@code .debug_frame} has one for each run of the compiler. */
    private static final int MOST_COMMON = 1 << 16;
    /** Different rows: some four hundred in glibc. */
    private static final int MOST_STATES = 1 << 16;
    /** The linkage table has one, hand-written assembly a few. */
    private static final int MOST_EXPRESSION_BYTES = 1 << 21;
    /** Compilers need some twenty bytes of instructions for a function. */
    private static final long INSTRUCTION_BYTES = 64;

    private final ReadLimits limits;
    private final List<MalformedElfException> defects = new ArrayList<>();
    private int entries;
    private int common;
    private long instructionBytes;
    private long expressionBytes;

    FrameBudget(ReadLimits limits) {
        this.limits = limits;
    }

    /** What is wrong with single entries. */
    List<MalformedElfException> defects() {
        return defects;
    }

    /** Notes what is wrong with an entry; where there is too much of something, it is no longer about that entry. */
    void defect(MalformedElfException defect) {
        if (defect instanceof TooLargeException tooLarge) {
            throw tooLarge;
        }
        defects.add(defect);
        ReadLimits.check(defect.source(), defect.offset(), defects.size(), MOST_DEFECTS, "malformed entries");
    }

    /** Counts an entry, of whatever kind: zeros are one every four bytes. */
    void entry(ByteCursor cursor) {
        check(cursor, ++entries, limits.functions(), "entries of call frame information");
    }

    void common(ByteCursor cursor) {
        check(cursor, ++common, MOST_COMMON, "CIEs");
    }

    void instructions(ByteCursor cursor, long length) {
        instructionBytes += length;
        check(cursor, instructionBytes, limits.functions() * INSTRUCTION_BYTES, "bytes of call frame instructions");
    }

    void expression(ByteCursor cursor) {
        expressionBytes += cursor.limit();
        check(cursor, expressionBytes, MOST_EXPRESSION_BYTES, "bytes of expressions in call frame information");
    }

    void rows(String source, int rows, int states) {
        ReadLimits.check(source, 0, rows, 2L * limits.entries(), "rows of call frame information");
        ReadLimits.check(source, 0, states, MOST_STATES, "different rows of call frame information");
    }

    private static void check(ByteCursor cursor, long count, long most, String what) {
        ReadLimits.check(cursor.source(), cursor.valueOffset(), count, most, what);
    }
}
