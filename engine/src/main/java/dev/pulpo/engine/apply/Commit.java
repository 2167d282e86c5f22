package dev.pulpo.engine.apply;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.Reasons;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.image.UnwindTables;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
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
    private final Journal journal;
    private final long[] interior;
    private final CodeRanges forbidden;
    private final StackSweep sweep;
    private final StopCondition condition;
    private int inEntry;
    private int inEntryTid;

    /**
     * What came of a stop.
     *
     * @param isDone      whether the changes were made; if not, nothing was changed
     * @param blockers    threads that were found in the code; in the way, unless the condition of the stop says otherwise
     * @param needsTables whether threads could not be judged for want of {@link UnwindTables}; nothing was changed then
     * @param threads     how many threads were held
     * @param stop        how long
     * @param scheduling  how far the tracer was raised
     * @param holdsOn     whether threads are still seized that could not be released; see {@link ProcessStop#holdsOn}
     */
    record Result(boolean isDone, List<Blocker> blockers, boolean needsTables, int threads, Duration stop,
            Scheduling.Level scheduling, boolean holdsOn) {}

    /**
     * @param changes   what to write
     * @param interior  addresses at which no thread may stand while that is written; threads there are stepped past them
     * @param forbidden code in which no thread may be
     * @param tables    to follow stacks with, where they have been made
     * @param condition decides what is to be made of the threads that were found
     */
    Commit(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, Arena arena, List<Change> changes,
            LongStream interior, CodeRanges forbidden, Optional<CfiMap> tables, StopCondition condition) {
        this.image = image;
        this.tools = tools;
        this.journal = new Journal(image.pid(), memory, changes, arena);
        this.interior = interior.sorted().toArray();
        this.forbidden = forbidden;
        this.condition = condition;
        this.sweep = new StackSweep(new StackCheck(image, memory, forbidden, tables, arena), arena);
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
        int threads;
        int hindrance = 0;
        boolean done = false;
        try (stop) {
            stop.prepare();
            stop.stop(deadline);
            sweep.begin();
            inEntry = 0;
            for (int i = 0; i < stop.size(); i++) {
                look(stop, i);
            }
            sweep.finish();
            threads = stop.stoppedThreads();
            if (!sweep.needsTables() && inEntry == 0) {
                hindrance = condition.hindrance(stop, sweep.findings());
                if (hindrance == 0) {
                    journal.write(tools.ptrace(), stop.anyStopped());
                    done = true;
                }
            }
        }
        return new Result(done, blockers(hindrance), sweep.needsTables(), threads, stop.duration(),
                stop.schedulingLevel(),
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
            blockers.add(new Blocker.InsideFunction(inEntryTid, name(inEntryTid), "the entry of a function",
                    "an instruction that is about to change", List.of()));
        }
        StackSweep.Findings findings = sweep.findings();
        for (int i = 0; i < findings.count(); i++) {
            blockers.add(blocker(image, forbidden, findings, i));
        }
        if (hindrance != 0 && !condition.reason().isEmpty()) {
            blockers.add(new Blocker.UnknownStack(hindrance, name(hindrance), condition.reason(), List.of()));
        }
        return blockers;
    }

    /** A finding in words. */
    static Blocker blocker(ProcessImage image, CodeRanges forbidden, StackSweep.Findings findings, int index) {
        int tid = findings.tid(index);
        String name = ProcFs.name(image.pid(), tid);
        List<String> stack = Arrays.stream(findings.frames(index))
                .mapToObj(frame -> image.describe(new RemoteAddress(frame))).toList();
        String address = image.describe(new RemoteAddress(findings.address(index)));
        return switch (findings.verdict(index)) {
            case INSIDE -> new Blocker.InsideFunction(tid, name, forbidden.name(findings.zone(index)), address, stack);
            case UNKNOWN -> new Blocker.UnknownStack(tid, name, Reasons.of(findings.end(index), address), stack);
            case CLEAR, NEEDS_TABLES -> throw new IllegalStateException("no finding");
        };
    }

    private String name(int tid) {
        return ProcFs.name(image.pid(), tid);
    }
}
