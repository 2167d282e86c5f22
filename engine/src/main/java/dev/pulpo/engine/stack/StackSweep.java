package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.Step;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.SystemCalls;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Judges all threads of a stop: the live stacks of many are read with one system call each time. Findings are kept as
 * numbers; who needs them as text reads them when the threads run again. Allocates nothing, unless there are more findings
 * than it has room for. Not thread-safe.
 */
public final class StackSweep {
    private static final long BATCH_BYTES = 1024 * 1024;
    private static final int KEPT_STACKS = 8;
    private static final int KEPT_WHOLE_STACKS = 128;
    private static final int FRAMES = 64;

    private final StackCheck check;
    private final ScatteredRead stacks;
    private final int[] tids = new int[1024];
    private final Registers[] registers = new Registers[1024];
    private final Findings findings;
    private boolean needsTables;
    private PauseBudget budget = PauseBudget.unlimited();

    /** What was found out about the threads that are not clear. */
    public static final class Findings {
        private int[] tids = new int[64];
        private StackCheck.Verdict[] verdicts = new StackCheck.Verdict[64];
        private long[] addresses = new long[64];
        private int[] zones = new int[64];
        private Step[] ends = new Step[64];
        private long[] calls = new long[64];
        private long[] programCounters = new long[64];
        private final long[] frames;
        private final int[] frameCounts;
        private final int[] blockingFrames;
        private int count;

        private Findings(int keptStacks) {
            frames = new long[keptStacks * FRAMES];
            frameCounts = new int[keptStacks];
            blockingFrames = new int[keptStacks];
        }

        public int count() {
            return count;
        }

        public int tid(int index) {
            return tids[index];
        }

        public StackCheck.Verdict verdict(int index) {
            return verdicts[index];
        }

        /** See {@link StackCheck#address}. */
        public long address(int index) {
            return addresses[index];
        }

        /** See {@link StackCheck#zone}. */
        public int zone(int index) {
            return zones[index];
        }

        /** See {@link StackCheck#end}. */
        public Step end(int index) {
            return ends[index];
        }

        /** The frames that were passed until the finding, as far as they were kept; the innermost first. */
        public long[] frames(int index) {
            return index < frameCounts.length
                    ? Arrays.copyOfRange(frames, index * FRAMES, index * FRAMES + frameCounts[index])
                    : new long[0];
        }

        /** Which of the frames the finding is about, or -1. */
        public int blockingFrame(int index) {
            return index < frameCounts.length ? blockingFrames[index] : -1;
        }

        /** The number of the system call that the thread had not finished, or -1; see {@link #isStopped}. */
        public long call(int index) {
            return calls[index];
        }

        /** Where the thread would have gone on; see {@link #isStopped}. */
        public long programCounter(int index) {
            return programCounters[index];
        }

        /** Whether the thread's registers were read: of one that cannot be stopped only other files tell. */
        public boolean isStopped(int index) {
            return programCounters[index] != 0;
        }

        private void add(int tid, StackCheck.Verdict verdict, long address, int zone, Step end) {
            if (count == tids.length) {
                tids = Arrays.copyOf(tids, 2 * count);
                verdicts = Arrays.copyOf(verdicts, 2 * count);
                addresses = Arrays.copyOf(addresses, 2 * count);
                zones = Arrays.copyOf(zones, 2 * count);
                ends = Arrays.copyOf(ends, 2 * count);
                calls = Arrays.copyOf(calls, 2 * count);
                programCounters = Arrays.copyOf(programCounters, 2 * count);
            }
            tids[count] = tid;
            verdicts[count] = verdict;
            addresses[count] = address;
            zones[count] = zone;
            ends[count] = end;
            calls[count] = -1;
            programCounters[count] = 0;
            if (count < frameCounts.length) {
                frameCounts[count] = 0;
                blockingFrames[count] = -1;
            }
            count++;
        }

        private void add(int tid, StackCheck.Verdict verdict, StackCheck check) {
            int index = count;
            add(tid, verdict, check.address(), check.zone(), check.end());
            if (index < frameCounts.length) {
                blockingFrames[index] = check.blockingFrame();
                frameCounts[index] = Math.min(check.frameCount(), FRAMES);
                for (int i = 0; i < frameCounts[index]; i++) {
                    frames[index * FRAMES + i] = check.frame(i);
                }
            }
        }
    }

    /**
     * @param check       for the code that is asked about
     * @param wholeStacks whether the stacks on which something is found are followed to their end, for a report
     */
    public StackSweep(StackCheck check, boolean wholeStacks, Arena arena) {
        this.check = check;
        check.wholeStacks(wholeStacks);
        findings = new Findings(wholeStacks ? KEPT_WHOLE_STACKS : KEPT_STACKS);
        stacks = new ScatteredRead(BATCH_BYTES, arena);
    }

    /**
     * To be called when the process has been stopped.
     *
     * @param most for the whole stop; once it is spent, threads are judged no more
     */
    public void begin(PauseBudget most) {
        budget = most;
        check.begin(most);
        findings.count = 0;
        needsTables = false;
    }

    /**
     * Takes a stopped thread.
     *
     * @param thread its registers, which must stay as they are until {@link #finish}
     */
    public void add(int tid, Registers thread) {
        if (check.isIdle() || budget.isSpent()) {
            return;
        }
        long length = check.liveLength(tid, thread);
        if (length == 0) {
            walk(tid, thread);
            return;
        }
        if (!stacks.add(StackCheck.liveStart(thread), length)) {
            finish();
            stacks.add(StackCheck.liveStart(thread), length);
        }
        tids[stacks.count() - 1] = tid;
        registers[stacks.count() - 1] = thread;
    }

    /** Takes a thread of which no more than this is known. */
    public void add(int tid, long stackPointer, long programCounter) {
        note(tid, check.walk(tid, stackPointer, programCounter));
    }

    /** Adds a thread of which nothing is known. */
    public void addUnknown(int tid) {
        if (!check.isIdle()) {
            findings.add(tid, StackCheck.Verdict.UNKNOWN, 0, 0, Step.OUTERMOST);
        }
    }

    /** Judges the threads that have been added and not been judged. */
    public void finish() {
        if (stacks.count() == 0) {
            return;
        }
        stacks.read(tids[0]);
        for (int i = 0; i < stacks.count() && !budget.isSpent(); i++) {
            if (!stacks.isComplete(i) || !check.isClear(tids[i], registers[i], stacks.bytes(), stacks.offset(i),
                    stacks.length(i))) {
                walk(tids[i], registers[i]);
            }
        }
        stacks.clear();
    }

    private void walk(int tid, Registers thread) {
        int before = findings.count;
        note(tid, check.walk(tid, thread));
        if (findings.count > before) {
            findings.calls[before] = SystemCalls.isUnfinished(thread) ? thread.origRax() : -1;
            findings.programCounters[before] = thread.rip();
        }
    }

    private void note(int tid, StackCheck.Verdict verdict) {
        if (verdict == StackCheck.Verdict.NEEDS_TABLES) {
            needsTables = true;
        } else if (verdict != StackCheck.Verdict.CLEAR) {
            findings.add(tid, verdict, check);
        }
    }

    /** Whether some threads could not be judged for want of {@link UnwindTables}. */
    public boolean needsTables() {
        return needsTables;
    }

    /** Whether no thread is in the code. */
    public boolean isClear() {
        return !needsTables && findings.count == 0 && !budget.isSpent();
    }

    public Findings findings() {
        return findings;
    }
}
