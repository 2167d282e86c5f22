package dev.pulpo.engine.apply;

import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;

/** The stop that ends a change from one version to the other: no thread is marked to stay, or none shall stay any longer. */
final class NobodyBehind implements StopCondition, ThreadMarks.Reader {
    private final ThreadMarks marks;
    private final int stays;
    private final boolean forced;
    private int bad;
    private String reason = "";

    /**
     * @param stays  the mark of who stays
     * @param forced whether marks are to be taken away
     */
    NobodyBehind(ThreadMarks marks, int stays, boolean forced) {
        this.marks = marks;
        this.stays = stays;
        this.forced = forced;
    }

    @Override
    public int hindrance(ProcessStop stop, StackSweep.Findings findings) {
        bad = 0;
        marks.readAll(stop, this);
        for (int i = 0; i < stop.size() && bad == 0 && !forced; i++) {
            if (stop.isHeld(i)) {
                bad = stop.tid(i);
                reason = "it waits for a child that it has made with vfork, and cannot be asked";
            }
        }
        return bad;
    }

    @Override
    public boolean take(ProcessStop stop, int index, int mark, boolean whole) {
        if (whole && mark == stays && forced) {
            marks.write(stop.tid(index), stop.registers(index).fsBase(), ThreadMarks.NONE);
        } else if (whole && mark == stays) {
            bad = stop.tid(index);
            reason = "it goes on to run what the others have left";
        }
        return bad == 0;
    }

    @Override
    public String reason() {
        return reason;
    }
}
