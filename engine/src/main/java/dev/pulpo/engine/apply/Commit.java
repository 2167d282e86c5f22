package dev.pulpo.engine.apply;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.StackScan;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Registers;
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
    private final StackScan scan;

    /**
     * What came of a stop.
     *
     * @param blockers   threads that were in the way; where there are any, nothing was changed
     * @param threads    how many threads were held
     * @param stop       how long
     * @param scheduling how far the tracer was raised
     * @param holdsOn    whether threads are still seized that could not be released; see {@link ProcessStop#holdsOn}
     */
    record Result(List<Blocker> blockers, int threads, Duration stop, Scheduling.Level scheduling, boolean holdsOn) {}

    /**
     * @param changes    what to write
     * @param interior   addresses at which no thread may stand while that is written; threads there are stepped past them
     * @param forbidden  code in which no thread may be
     */
    Commit(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, Arena arena, List<Change> changes,
            LongStream interior, CodeRanges forbidden) {
        this.image = image;
        this.tools = tools;
        this.journal = new Journal(image.pid(), memory, changes, arena);
        this.interior = interior.sorted().toArray();
        this.forbidden = forbidden;
        this.scan = new StackScan(image, memory, arena);
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
        List<Blocker> blockers = new ArrayList<>();
        ProcessStop stop = new ProcessStop(image.pid(), tools);
        int threads;
        try (stop) {
            stop.prepare();
            stop.stop(deadline);
            for (int i = 0; i < stop.size(); i++) {
                look(stop, i, blockers);
            }
            threads = stop.stoppedThreads();
            if (blockers.isEmpty()) {
                journal.write(tools.ptrace(), stop.anyStopped());
            }
        }
        return new Result(blockers, threads, stop.duration(), stop.schedulingLevel(), stop.holdsOn());
    }

    private void look(ProcessStop stop, int index, List<Blocker> blockers) {
        int tid = stop.tid(index);
        if (!stop.isStopped(index)) {
            if (stop.isHeld(index)) {
                lookAtHeld(tid, blockers);
            }
            return;
        }
        Registers registers = tools.scratch();
        if (!stop.readRegisters(index, registers)) {
            return;
        }
        for (int steps = 0; Arrays.binarySearch(interior, registers.rip()) >= 0; steps++) {
            if (steps == MOST_STEPS) {
                blockers.add(inside(tid, "the entry of a function", registers.rip()));
                return;
            }
            stop.step(index);
            if (!stop.isStopped(index) || !stop.readRegisters(index, registers)) {
                return;
            }
        }
        if (!forbidden.isEmpty()) {
            judge(tid, scan.scan(tid, registers, forbidden), blockers);
        }
    }

    /** A thread that waits in vfork cannot be asked for its registers, but proc(5) tells where it will go on. */
    private void lookAtHeld(int tid, List<Blocker> blockers) {
        Optional<long[]> where = ProcFs.userStackAndProgramCounter(image.pid(), tid);
        if (where.isEmpty()) {
            blockers.add(new Blocker.UnknownStack(tid, name(tid),
                    "it waits inside the kernel and its registers cannot be read"));
        } else if (!forbidden.isEmpty()) {
            // Its thread block is not known, so only the main thread's stack can be told to be its own.
            judge(tid, scan.scan(tid, where.get()[1], where.get()[0], 0, forbidden), blockers);
        }
    }

    private void judge(int tid, StackScan.Result result, List<Blocker> blockers) {
        switch (result) {
            case StackScan.Result.Clear clear -> {
                // Not in the way.
            }
            case StackScan.Result.Found found ->
                blockers.add(inside(tid, found.what(), found.address().value()));
            case StackScan.Result.Unknown unknown ->
                blockers.add(new Blocker.UnknownStack(tid, name(tid), unknown.reason()));
        }
    }

    private Blocker inside(int tid, String what, long address) {
        return new Blocker.InsideFunction(tid, name(tid), what,
                image.describe(new dev.pulpo.ffm.RemoteAddress(address)));
    }

    private String name(int tid) {
        return ProcFs.name(image.pid(), tid);
    }
}
