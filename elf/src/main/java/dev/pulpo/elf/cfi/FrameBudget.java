package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.TooLargeException;
import java.util.ArrayList;
import java.util.List;

/**
 * Limits the cost of an object's call frame information, and collects the defects of single entries. If
 * {@code .eh_frame_hdr} gives their positions, entries may overlap; so the budget counts what is read, not the size of
 * the section.
 */
final class FrameBudget {
    /** Each defect is an exception object, and a file may consist of a million defects. */
    private static final int MOST_DEFECTS = 1000;
    /** Linkers merge equal CIEs; {@code .debug_frame} has one for each run of the compiler. */
    private static final int MOST_COMMON = 1 << 16;
    /** Different rows: some four hundred in glibc. */
    private static final int MOST_STATES = 1 << 16;
    /** The PLT has one expression, hand-written assembly a few. */
    private static final int MOST_EXPRESSION_BYTES = 1 << 21;
    /** Compilers generate about twenty bytes of instructions for a function. */
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

    /** The defects of single entries. */
    List<MalformedElfException> defects() {
        return defects;
    }

    /** Records the defect of an entry; an exceeded limit is not one, and is thrown again. */
    void defect(MalformedElfException defect) {
        if (defect instanceof TooLargeException tooLarge) {
            throw tooLarge;
        }
        defects.add(defect);
        ReadLimits.check(defect.source(), defect.offset(), defects.size(), MOST_DEFECTS, "malformed entries");
    }

    /** Counts an entry of any kind: four zero bytes are an entry, too. */
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
