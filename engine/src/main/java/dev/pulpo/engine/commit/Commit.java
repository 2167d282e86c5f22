package dev.pulpo.engine.commit;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.BlockerFormatter;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.engine.trace.Remedies;
import dev.pulpo.engine.trace.ThreadReport;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * One stop of the whole process. Changes bytes if no thread blocks the change. The constructor makes everything that
 * the stop needs. For the tracer thread, once.
 */
final class Commit {
    private static final int MOST_STEPS = 32;

    private final ProcessImage image;
    private final TracerThread.Tools tools;
    private final TraceeMemory memory;
    private final Journal journal;
    private final long[] interior;
    private final Conditions conditions;
    private final StackSweep sweep;
    private final StopCondition condition;
    private final ThreadReport report;
    private final BlockerFormatter formatter;
    private int insideEntry;
    private int insideEntryTid;
    private boolean written;

    /**
     * What must hold for the changes to be made.
     *
     * @param forbidden code in which no thread may be
     * @param tables    to unwind stacks with, if they have been made
     * @param level     the requested level, for remedies
     * @param budget    of the stop
     * @param forReport whether this is the final attempt: it records full stacks of the threads that block the change
     */
    record Conditions(CodeRanges forbidden, Optional<CfiMap> tables, Consistency.Level level, PauseBudget budget,
            boolean forReport) {}

    /**
     * The result of one stop.
     *
     * @param isDone      whether the changes were made; otherwise nothing was changed
     * @param blockers    threads in the forbidden code; they block the change unless the condition of the stop accepts
     *                    them
     * @param needsTables whether a stack could not be unwound without {@link UnwindTables}; nothing was changed then
     * @param tooLong     whether the stop would have exceeded its budget; nothing was changed then
     * @param figures     measurements of the stop
     * @param hasUnreleased     whether threads are still seized that could not be released; see {@link ProcessStop#hasUnreleased}
     */
    record Result(boolean isDone, List<Blocker> blockers, boolean needsTables, boolean tooLong,
            ProcessStop.Figures figures, boolean hasUnreleased) {}

    /**
     * @param changes   what to write
     * @param interior  addresses at which no thread may stand during the write; threads there are single-stepped past
     *                  them
     * @param condition judges the threads that were found
     */
    Commit(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, Arena arena, List<Change> changes,
            LongStream interior, Conditions conditions, StopCondition condition) {
        this.image = image;
        this.tools = tools;
        this.memory = memory;
        this.journal = new Journal(image.pid(), memory, changes, arena);
        this.interior = interior.sorted().toArray();
        this.conditions = conditions;
        this.condition = condition;
        this.sweep = new StackSweep(
                new StackCheck(image, memory, conditions.forbidden(), conditions.tables(), arena),
                conditions.forReport(), arena);
        this.report = new ThreadReport(image, memory);
        this.formatter = new BlockerFormatter(report, conditions.forbidden(), Remedies.asking(conditions.level()));
    }

    Journal journal() {
        return journal;
    }

    /**
     * Stops, looks, writes and releases.
     *
     * @param deadline for the threads to stop, on the scale of {@link System#nanoTime}
     */
    Result run(long deadline) {
        ProcessStop stop = new ProcessStop(image.pid(), tools);
        PauseBudget budget = conditions.budget();
        ProcessStop.StopResult result;
        int hindrance = 0;
        try (stop) {
            stop.prepare(memory);
            sweep.begin(budget);
            insideEntry = 0;
            result = stop.stop(deadline, budget);
            if (result == ProcessStop.StopResult.STOPPED) {
                for (int i = 0; i < stop.size() && !budget.isSpent(); i++) {
                    look(stop, i);
                }
                sweep.finish();
                if (insideEntry == 0 && !budget.isSpent() && !sweep.needsTables()) {
                    hindrance = condition.hindrance(stop, sweep.findings());
                    if (hindrance == 0) {
                        journal.write(tools.ptrace(), stop.anyStopped());
                        written = true;
                    }
                }
            }
        }
        if (result == ProcessStop.StopResult.REPLACED) {
            throw new TargetGoneException(image.pid(), "it has executed another program");
        }
        if (result == ProcessStop.StopResult.LATE) {
            throw new TargetBusyException(image.pid(), stop.late());
        }
        boolean tooLong = !written && budget.isSpent();
        return new Result(written, tooLong ? List.of() : blockers(hindrance), sweep.needsTables() && !tooLong, tooLong,
                stop.figures(),
                stop.hasUnreleased());
    }

    private void look(ProcessStop stop, int index) {
        int tid = stop.tid(index);
        if (!stop.isStopped(index)) {
            if (stop.isInVfork(index)) {
                lookAtVforkParent(tid);
            }
            return;
        }
        if (!stop.readRegisters(index)) {
            return;
        }
        Registers registers = stop.registers(index);
        for (int steps = 0; Arrays.binarySearch(interior, registers.rip()) >= 0; steps++) {
            if (steps == MOST_STEPS) {
                insideEntry++;
                insideEntryTid = tid;
                return;
            }
            stop.step(index);
            if (!stop.isStopped(index) || !stop.readRegisters(index)) {
                return;
            }
        }
        sweep.add(tid, registers);
    }

    /**
     * ptrace cannot read the registers of a thread that waits in vfork, but proc(5) gives its stack and program
     * counter.
     */
    private void lookAtVforkParent(int tid) {
        Optional<long[]> where = ProcFs.userStackAndProgramCounter(image.pid(), tid);
        if (where.isPresent()) {
            sweep.add(tid, where.get()[0], where.get()[1]);
        } else {
            sweep.addUnknown(tid);
        }
    }

    /** Formats the findings. The threads run again by now. */
    private List<Blocker> blockers(int hindrance) {
        List<Blocker> blockers = new ArrayList<>();
        if (insideEntry > 0) {
            BlockingThread thread = report.unstopped(insideEntryTid, new long[0], -1);
            blockers.add(new Blocker.InsideFunction(thread, "the entry of a function",
                    "an instruction that is about to change", Remedies.leaving(thread)));
        }
        StackSweep.Findings findings = sweep.findings();
        for (int i = 0; i < findings.count(); i++) {
            blockers.add(formatter.of(findings, i));
        }
        if (hindrance != 0 && !condition.reason().isEmpty()) {
            blockers.add(formatter.of(hindrance, condition.reason()));
        }
        return blockers;
    }
}
