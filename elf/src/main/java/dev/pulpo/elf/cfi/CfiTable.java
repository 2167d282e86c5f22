package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.SortedAddresses;
import dev.pulpo.elf.expression.DwarfRegisters;
import java.util.List;
import java.util.Optional;

/**
 * The call frame information of a whole object, executed in advance and flattened into rows sorted by link address. A row
 * applies from its address up to the next row's.
 *
 * <p>Construction parses everything, so that a look-up neither parses nor allocates: it is a binary search. Equal rows
 * are kept once. Immutable, and independent of the file.
 *
 * <p>A malformed entry affects only its function: {@link #defects()} lists it, and an {@link Unwinder} stops there with
 * {@link UnwindEnd.Malformed}.
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
     * The rows of an object: from {@code .eh_frame}, and from {@code .debug_frame} for functions that the former does not
     * describe. Without section headers, as in a memory image, {@code PT_GNU_EH_FRAME} locates the entries. Empty if
     * there is no call frame information.
     *
     * @param file an executable or a shared object; a relocatable object has no addresses yet
     * @throws MalformedElfException if the entries cannot be told apart
     */
    public static CfiTable of(ElfFile file) {
        return CfiLoader.load(file);
    }

    /**
     * The rows of some sections. If two of them have an entry about the same code, the first section counts.
     *
     * @throws MalformedElfException if the entries of a section cannot be told apart
     */
    public static CfiTable of(CfiSection... sections) {
        return CfiLoader.load(List.of(sections));
    }

    /**
     * A table of these rows, in ascending order of their addresses. A row without CFA describes nothing; the last row has
     * no end.
     *
     * @throws IllegalArgumentException if a rule is an expression
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

    /** The row that applies at an address; empty if there is none, or its entry is malformed. For reports and tests. */
    public Optional<CfiRow> row(LinkAddress place) {
        int index = SortedAddresses.floor(starts, place.value());
        return index < 0 || rows[index] < 0
                ? Optional.empty()
                : Optional.of(CfiRow.read(new LinkAddress(starts[index]), states, rows[index]));
    }

    /** Where the row with this number begins, counted from 0 in the order of addresses. */
    public LinkAddress rowStart(int index) {
        return new LinkAddress(starts[index]);
    }

    /** The defects of single entries. */
    public List<MalformedElfException> defects() {
        return defects;
    }

    /** The marker of a function whose entry has the defect of a number. */
    static int defectMarker(int number) {
        return -2 - number;
    }

    /** The first rule of the row that applies at a link address, or a negative marker. */
    int find(long address) {
        int index = SortedAddresses.floor(starts, address);
        int row = index < 0 ? NONE : rows[index];
        return row < 0 ? row : row * StatePool.STRIDE;
    }

    /** The defect of a negative marker other than {@link #NONE}. */
    MalformedElfException defect(int marker) {
        return defects.get(-2 - marker);
    }

    long rule(int row, int column) {
        return states[row + column];
    }

    CompiledExpression expression(int number) {
        return expressions[number];
    }

    @Override
    public String toString() {
        return starts.length + " rows, " + states.length / StatePool.STRIDE + " different, " + defects.size()
                + " defects";
    }
}
