package dev.pulpo.engine.transition;

import dev.pulpo.engine.commit.StopCondition;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;

/** The stop that ends a transition: no thread is marked any more, or all marks are cleared by force. */
final class TransitionEnd implements StopCondition, ThreadMarks.Reader {
    private final ThreadMarks marks;
    private final int stayMark;
    private final boolean forced;
    private int blocker;
    private String reason = "";

    /**
     * @param stayMark the mark of threads that have not changed
     * @param forced   whether to clear marks
     */
    TransitionEnd(ThreadMarks marks, int stayMark, boolean forced) {
        this.marks = marks;
        this.stayMark = stayMark;
        this.forced = forced;
    }

    @Override
    public int hindrance(ProcessStop stop, StackSweep.Findings findings) {
        blocker = 0;
        marks.readAll(stop, this);
        for (int i = 0; i < stop.size() && blocker == 0 && !forced; i++) {
            if (stop.isInVfork(i)) {
                blocker = stop.tid(i);
                reason = "it waits for a child that it has made with vfork, and cannot be asked";
            }
        }
        return blocker;
    }

    @Override
    public boolean take(ProcessStop stop, int index, int mark, boolean whole) {
        if (whole && mark == stayMark && forced) {
            marks.write(stop.tid(index), stop.registers(index).fsBase(), ThreadMarks.NONE);
        } else if (whole && mark == stayMark) {
            blocker = stop.tid(index);
            reason = "it goes on to run what the others have left";
        }
        return blocker == 0;
    }

    @Override
    public String reason() {
        return reason;
    }
}
