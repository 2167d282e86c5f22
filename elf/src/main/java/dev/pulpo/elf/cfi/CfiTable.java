package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.expression.DwarfRegisters;
import java.util.List;
import java.util.Optional;

/**
 * How to get from any function of an object to its caller: the call frame information of the whole object, executed
 * beforehand and laid out as rows sorted by link address. A row holds from its address up to the next row's.
 *
 * <p>Making one parses everything, so that looking something up neither parses nor allocates: it is a binary search
 * over an array. Equal rows are kept once. Immutable, safe for several threads, independent of the file it was made of.
 *
 * <p>An entry that is malformed inside costs only the function it is about: {@link #defects()} lists it, and an
 * {@link Unwinder} that gets there stops with {@link UnwindEnd.Malformed}.
 */
public final class CfiTable {
    /** No call frame information for this code. */
    static final int NONE = -1;

    private final long[] starts;
    private final int[] rows;
    private final long[] states;
    private final CompiledExpression[] expressions;
    private final List<MalformedElfException> defects;

    CfiTable(long[] starts, int[] rows, long[] states, CompiledExpression[] expressions,
            List<MalformedElfException> defects) {
        this.starts = starts;
        this.rows = rows;
        this.states = states;
        this.expressions = expressions;
        this.defects = defects;
    }

    /**
     * The rows of an object: from {@code .eh_frame}, and from {@code .debug_frame} where the former says nothing of a
     * function. Where there are no section headers, as in a memory image, {@code PT_GNU_EH_FRAME} leads to the entries.
     * Empty where there is no call frame information.
     *
     * @param file an executable or a shared object; in a relocatable object the addresses are not known yet
     * @throws MalformedElfException where the entries cannot be told apart
     */
    public static CfiTable of(ElfFile file) {
        return CfiLoader.load(file);
    }

    /**
     * The rows of some sections. Where two of them have an entry about the same code, the section named first counts.
     *
     * @throws MalformedElfException where the entries of a section cannot be told apart
     */
    public static CfiTable of(CfiSection... sections) {
        return CfiLoader.load(List.of(sections));
    }

    /**
     * A table of these rows, in ascending order of their addresses. One whose canonical frame address is missing says nothing
     * of its code; the last one holds without end.
     *
     * @throws IllegalArgumentException where a rule is an expression
     */
    public static CfiTable ofRows(List<CfiRow> rows) {
        StatePool pool = new StatePool();
        int[] numbers = rows.stream().mapToInt(row -> row.cfa() instanceof CfiRow.CfaRule.Missing
                ? NONE
                : pool.add(row.pack(), row.signalFrame() ? StatePool.SIGNAL_FRAME : 0, DwarfRegisters.RIP)).toArray();
        return new CfiTable(rows.stream().mapToLong(row -> row.start().value()).toArray(), numbers, pool.toArray(),
                new CompiledExpression[0], List.of());
    }

    /** How many rows there are, gaps between functions included. */
    public int rowCount() {
        return starts.length;
    }

    /** The row that holds at an address; empty where there is none, or a malformed entry. For reports and tests. */
    public Optional<CfiRow> row(LinkAddress place) {
        int index = indexOf(place.value());
        return index < 0 || rows[index] < 0
                ? Optional.empty()
                : Optional.of(CfiRow.read(new LinkAddress(starts[index]), states, rows[index]));
    }

    /** Where the row with this number begins, counted from 0 in the order of addresses. */
    public LinkAddress rowStart(int index) {
        return new LinkAddress(starts[index]);
    }

    /** What is wrong with single entries. */
    public List<MalformedElfException> defects() {
        return defects;
    }

    /** The marker of a function whose entry has the defect of a number. */
    static int defectMarker(int number) {
        return -2 - number;
    }

    /** The first rule of the row that holds at a link address in this table, or a negative marker. */
    int find(long address) {
        int index = indexOf(address);
        int row = index < 0 ? NONE : rows[index];
        return row < 0 ? row : row * StatePool.STRIDE;
    }

    /** The defect that a negative marker other than {@link #NONE} stands for. */
    MalformedElfException defect(int marker) {
        return defects.get(-2 - marker);
    }

    long rule(int row, int column) {
        return states[row + column];
    }

    CompiledExpression expression(int number) {
        return expressions[number];
    }

    private int indexOf(long address) {
        int low = 0;
        int high = starts.length - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(starts[middle], address) <= 0) {
                low = middle + 1;
            } else {
                high = middle - 1;
            }
        }
        return high;
    }

    @Override
    public String toString() {
        return starts.length + " rows, " + states.length / StatePool.STRIDE + " different, " + defects.size()
                + " defects";
    }
}
