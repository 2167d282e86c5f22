package dev.pulpo.engine.apply;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ThreadStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TraceeMemory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Looks at threads that were left behind, each stopped by itself for as long as it takes to look at its stack, and takes the
 * mark away from those that have left the old code. To be used on the tracer thread.
 */
final class ThreadLook {
    private final ProcessImage image;
    private final TracerThread.Tools tools;
    private final TraceeMemory memory;
    private final ThreadMarks marks;
    private final BlockerWords words;
    private final StackSweep sweep;
    private final int stays;
    private final boolean release;
    private final List<Blocker> behind = new ArrayList<>();
    private boolean needsTables;

    /**
     * What was seen.
     *
     * @param behind      the threads that are still inside
     * @param needsTables whether there are others that could not be judged for want of tables
     * @param holdsOn     whether threads have yet to be released
     */
    record Seen(List<Blocker> behind, boolean needsTables, boolean holdsOn) {}

    /**
     * @param sweep   asked about the code that threads are to leave
     * @param words   tells who has not left it
     * @param stays   the mark of those that have not
     * @param release whether to take it away from those that have
     */
    ThreadLook(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, ThreadMarks marks, StackSweep sweep,
            BlockerWords words,
            int stays, boolean release) {
        this.image = image;
        this.tools = tools;
        this.memory = memory;
        this.marks = marks;
        this.sweep = sweep;
        this.words = words;
        this.stays = stays;
        this.release = release;
    }

    Seen at(Collection<Integer> tids) {
        for (int tid : tids) {
            look(tid);
        }
        return new Seen(behind, needsTables, tools.holdsOn());
    }

    private void look(int tid) {
        switch (ThreadStop.of(image.pid(), tid, memory, tools)) {
            case ThreadStop.Attempt.Gone gone -> {
            }
            case ThreadStop.Attempt.Late late -> behind.add(words.of(tid, late.reason() + " and cannot be asked"));
            case ThreadStop.Attempt.Stopped stopped -> {
                boolean marked;
                try (ThreadStop stop = stopped.stop()) {
                    marked = judge(tid, stop);
                }
                if (marked) {
                    needsTables |= sweep.needsTables();
                    for (int i = 0; i < sweep.findings().count(); i++) {
                        behind.add(words.of(sweep.findings(), i));
                    }
                }
            }
        }
    }

    /** Whether the thread is, or was until now, behind; what it is inside of the sweep has found then. */
    private boolean judge(int tid, ThreadStop stop) {
        Registers registers = tools.saved();
        if (!stop.readRegisters(registers) || marks.read(registers.fsBase()) != stays) {
            return false;
        }
        sweep.begin(PauseBudget.unlimited());
        sweep.add(tid, registers);
        sweep.finish();
        if (release && sweep.isClear()) {
            marks.write(tid, registers.fsBase(), ThreadMarks.NONE);
        }
        return true;
    }
}
