package dev.pulpo.engine.transition;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.BlockerFormatter;
import dev.pulpo.engine.trace.ThreadStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TraceeMemory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * Looks at threads that have not changed yet, and clears the marks of those that have left the old code. Each is stopped
 * alone, for as long as a look at its stack takes. For the tracer thread.
 */
final class ThreadLook {
    private final ProcessImage image;
    private final TracerThread.Tools tools;
    private final TraceeMemory memory;
    private final ThreadMarks marks;
    private final BlockerFormatter formatter;
    private final StackSweep sweep;
    private final int stayMark;
    private final boolean release;
    private final List<Blocker> remaining = new ArrayList<>();
    private boolean needsTables;

    /**
     * The result of a look.
     *
     * @param remaining     the threads that are still inside
     * @param needsTables   whether stacks could not be judged without tables
     * @param hasUnreleased whether threads have yet to be released
     */
    record Seen(List<Blocker> remaining, boolean needsTables, boolean hasUnreleased) {}

    /**
     * @param sweep     knows the code that threads leave
     * @param formatter formats the remaining threads
     * @param stayMark  the mark of threads that have not changed
     * @param release   whether to clear the marks of threads that have left
     */
    ThreadLook(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, ThreadMarks marks, StackSweep sweep,
            BlockerFormatter formatter,
            int stayMark, boolean release) {
        this.image = image;
        this.tools = tools;
        this.memory = memory;
        this.marks = marks;
        this.sweep = sweep;
        this.formatter = formatter;
        this.stayMark = stayMark;
        this.release = release;
    }

    Seen at(Collection<Integer> tids) {
        for (int tid : tids) {
            look(tid);
        }
        return new Seen(remaining, needsTables, tools.hasUnreleased());
    }

    private void look(int tid) {
        switch (ThreadStop.of(image.pid(), tid, memory, tools)) {
            case ThreadStop.Attempt.Gone gone -> {
            }
            case ThreadStop.Attempt.Late late ->
                remaining.add(formatter.of(tid, late.reason() + " and cannot be asked"));
            case ThreadStop.Attempt.Stopped stopped -> {
                boolean marked;
                try (ThreadStop stop = stopped.stop()) {
                    marked = judge(tid, stop);
                }
                if (marked) {
                    needsTables |= sweep.needsTables();
                    for (int i = 0; i < sweep.findings().count(); i++) {
                        remaining.add(formatter.of(sweep.findings(), i));
                    }
                }
            }
        }
    }

    /** Whether the thread was marked. The sweep has the finding if it still is inside. */
    private boolean judge(int tid, ThreadStop stop) {
        Registers registers = tools.saved();
        if (!stop.readRegisters(registers) || marks.read(registers.fsBase()) != stayMark) {
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
