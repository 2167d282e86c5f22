package dev.pulpo.elf.cfi;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;

/** Executes the entries of all functions of an object and appends their rows. */
final class TableBuilder {
    private final FrameBudget budget;
    private final ExpressionPool expressions;
    private final StatePool states = new StatePool();
    private final IdentityHashMap<CommonEntry, long[]> initialStates = new IdentityHashMap<>();
    private final IdentityHashMap<CommonEntry, Interpreter> interpreters = new IdentityHashMap<>();

    private long[] starts = new long[1024];
    private int[] rows = new int[1024];
    private int count;

    TableBuilder(FrameBudget budget) {
        this.budget = budget;
        this.expressions = new ExpressionPool(budget);
    }

    CfiTable build(List<FunctionEntry> entries) {
        List<FunctionEntry> functions = new ArrayList<>(entries);
        // Stable: of two entries for one address, the first in the section stays first.
        functions.sort(Comparator.comparing(FunctionEntry::start, Long::compareUnsigned));
        long covered = 0;
        for (int i = 0; i < functions.size(); i++) {
            FunctionEntry function = functions.get(i);
            if (i > 0 && function.start() == functions.get(i - 1).start()) {
                continue;
            }
            if (i > 0 && function.start() != covered) {
                append(covered, CfiTable.NONE);
            }
            // If entries overlap, the one that begins last counts, as in a search through .eh_frame_hdr.
            long limit = limit(functions, i);
            append(function, limit);
            covered = limit;
        }
        if (count > 0) {
            append(covered, CfiTable.NONE);
        }
        return new CfiTable(Arrays.copyOf(starts, count), Arrays.copyOf(rows, count), states.toArray(),
                expressions.toArray(), List.copyOf(budget.defects()));
    }

    private static long limit(List<FunctionEntry> functions, int index) {
        FunctionEntry function = functions.get(index);
        for (int next = index + 1; next < functions.size(); next++) {
            long start = functions.get(next).start();
            if (start != function.start()) {
                return Long.compareUnsigned(start, function.end()) < 0 ? start : function.end();
            }
        }
        return function.end();
    }

    private void append(FunctionEntry function, long limit) {
        int mark = count;
        try {
            CommonEntry common = function.common();
            Interpreter interpreter = interpreters.computeIfAbsent(common,
                    absent -> new Interpreter(function.section(), absent, expressions));
            ByteCursor at = function.section().until(function.offset());
            budget.instructions(at, function.instructionsLength()
                    + (initialStates.containsKey(common) ? 0 : common.instructionsLength()));
            long[] initial = initialStates.computeIfAbsent(common, absent -> interpreter.initialState());
            long flags = common.signalFrame() ? StatePool.SIGNAL_FRAME : 0;
            interpreter.run(function, initial, (start, end, state) -> {
                if (Long.compareUnsigned(start, limit) < 0) {
                    append(start, states.add(state, flags, common.returnAddress()));
                }
            });
        } catch (MalformedElfException defect) {
            // Give up the whole function: rows before the defect are no more trustworthy than those after it.
            count = mark;
            append(function.start(), CfiTable.defectMarker(budget.defects().size()));
            budget.defect(defect);
        }
    }

    private void append(long start, int row) {
        if (count > 0 && rows[count - 1] == row) {
            return;
        }
        if (count == starts.length) {
            budget.rows("call frame information", count, states.count());
            starts = Arrays.copyOf(starts, count * 2);
            rows = Arrays.copyOf(rows, count * 2);
        }
        starts[count] = start;
        rows[count++] = row;
    }
}
