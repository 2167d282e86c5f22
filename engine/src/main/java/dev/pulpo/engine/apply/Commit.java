package dev.pulpo.engine.apply;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.image.UnwindTables;
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
 * One stop of the whole process in which bytes change, if no thread is in the way. Everything that the stop needs is made
 * by the constructor. To be used on the tracer thread, once.
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
    private final BlockerWords words;
    private int inEntry;
    private int inEntryTid;
    private boolean written;

    /**
     * What must hold for the changes to be made.
     *
     * @param forbidden code in which no thread may be
     * @param tables    to follow stacks with, where they have been made
     * @param level     what was asked for, to tell what else could be
     * @param budget    for the stop
     * @param forReport whether nobody tries again where threads are in the way, so that as much as can be is found out of
     *                  them
     */
    record Conditions(CodeRanges forbidden, Optional<CfiMap> tables, Consistency.Level level, PauseBudget budget,
            boolean forReport) {}

    /**
     * What came of a stop.
     *
     * @param isDone      whether the changes were made; if not, nothing was changed
     * @param blockers    threads that were found in the code; in the way, unless the condition of the stop says otherwise
     * @param needsTables whether threads could not be judged for want of {@link UnwindTables}; nothing was changed then
     * @param tooLong     whether the stop would have exceeded its budget; nothing was changed then
     * @param figures     what the stop was like
     * @param holdsOn     whether threads are still seized that could not be released; see {@link ProcessStop#holdsOn}
     */
    record Result(boolean isDone, List<Blocker> blockers, boolean needsTables, boolean tooLong,
            ProcessStop.Figures figures, boolean holdsOn) {}

    /**
     * @param changes   what to write
     * @param interior  addresses at which no thread may stand while that is written; threads there are stepped past them
     * @param condition decides what is to be made of the threads that were found
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
        this.words = new BlockerWords(report, conditions.forbidden(), Remedies.asking(conditions.level()));
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
        ProcessStop.Standing standing;
        int hindrance = 0;
        try (stop) {
            stop.prepare(memory);
            sweep.begin(budget);
            inEntry = 0;
            standing = stop.stop(deadline, budget);
            if (standing == ProcessStop.Standing.STANDS) {
                for (int i = 0; i < stop.size() && !budget.isSpent(); i++) {
                    look(stop, i);
                }
                sweep.finish();
                if (inEntry == 0 && !budget.isSpent() && !sweep.needsTables()) {
                    hindrance = condition.hindrance(stop, sweep.findings());
                    if (hindrance == 0) {
                        journal.write(tools.ptrace(), stop.anyStopped());
                        written = true;
                    }
                }
            }
        }
        if (standing == ProcessStop.Standing.REPLACED) {
            throw new TargetGoneException(image.pid(), "it has executed another program");
        }
        if (standing == ProcessStop.Standing.LATE) {
            throw new TargetBusyException(image.pid(), stop.late());
        }
        boolean tooLong = !written && budget.isSpent();
        return new Result(written, tooLong ? List.of() : blockers(hindrance), sweep.needsTables() && !tooLong, tooLong,
                stop.figures(),
                stop.holdsOn());
    }

    private void look(ProcessStop stop, int index) {
        int tid = stop.tid(index);
        if (!stop.isStopped(index)) {
            if (stop.isHeld(index)) {
                lookAtHeld(tid);
            }
            return;
        }
        if (!stop.readRegisters(index)) {
            return;
        }
        Registers registers = stop.registers(index);
        for (int steps = 0; Arrays.binarySearch(interior, registers.rip()) >= 0; steps++) {
            if (steps == MOST_STEPS) {
                inEntry++;
                inEntryTid = tid;
                return;
            }
            stop.step(index);
            if (!stop.isStopped(index) || !stop.readRegisters(index)) {
                return;
            }
        }
        sweep.add(tid, registers);
    }

    /** A thread that waits in vfork cannot be asked for its registers, but proc(5) tells where it will go on. */
    private void lookAtHeld(int tid) {
        Optional<long[]> where = ProcFs.userStackAndProgramCounter(image.pid(), tid);
        if (where.isPresent()) {
            sweep.add(tid, where.get()[0], where.get()[1]);
        } else {
            sweep.addUnknown(tid);
        }
    }

    /** What was found, in words: the threads run again. */
    private List<Blocker> blockers(int hindrance) {
        List<Blocker> blockers = new ArrayList<>();
        if (inEntry > 0) {
            BlockingThread thread = report.unstopped(inEntryTid, new long[0], -1);
            blockers.add(new Blocker.InsideFunction(thread, "the entry of a function",
                    "an instruction that is about to change", Remedies.leaving(thread)));
        }
        StackSweep.Findings findings = sweep.findings();
        for (int i = 0; i < findings.count(); i++) {
            blockers.add(words.of(findings, i));
        }
        if (hindrance != 0 && !condition.reason().isEmpty()) {
            blockers.add(words.of(hindrance, condition.reason()));
        }
        return blockers;
    }
}
