package dev.pulpo.engine.apply;

import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;
import java.util.Set;
import java.util.TreeSet;

/**
 * The stop in which threads begin to change from one version of some functions to the other. Threads inside the version
 * that is left are marked to stay there; all others change at once. A mark means nothing before the gates' byte says that
 * the change has begun, and that is the last that is written.
 */
final class Marking implements StopCondition, ThreadMarks.Reader {
    private final ThreadMarks marks;
    private final StackCheck overwritten;
    private final int stays;
    private final int arrived;
    private final int[] marked = new int[Short.MAX_VALUE];
    private final long[] pointers = new long[Short.MAX_VALUE];
    private int markedCount;
    private int bad;
    private String reason = "";

    /**
     * @param overwritten asked about code that changes under the threads; who would return there cannot stay behind
     * @param stays       the mark of who stays
     * @param arrived     the mark of who did not leave the other version, when there was a change into this one
     */
    Marking(ThreadMarks marks, StackCheck overwritten, int stays, int arrived) {
        this.marks = marks;
        this.overwritten = overwritten;
        this.stays = stays;
        this.arrived = arrived;
    }

    @Override
    public int hindrance(ProcessStop stop, StackSweep.Findings findings) {
        bad = 0;
        markedCount = 0;
        marks.readAll(stop, this);
        for (int i = 0; i < findings.count() && bad == 0; i++) {
            choose(stop, findings.tid(i));
        }
        if (bad == 0) {
            for (int i = 0; i < markedCount; i++) {
                marks.write(marked[i], pointers[i], stays);
            }
        }
        return bad;
    }

    @Override
    public boolean take(ProcessStop stop, int index, int mark, boolean whole) {
        if (!whole) {
            refuse(stop.tid(index), "it was made without the C library, and has no thread-local storage");
        }
        return whole;
    }

    private void choose(ProcessStop stop, int tid) {
        int index = indexOf(stop, tid);
        if (index < 0 || !stop.isStopped(index)) {
            refuse(tid, "it cannot be marked while it waits for a child that it has made with vfork");
            return;
        }
        long threadPointer = stop.registers(index).fsBase();
        if (marks.read(threadPointer) == arrived) {
            return;
        }
        overwritten.begin();
        if (isShared(stop, index, threadPointer)) {
            refuse(tid, "it shares its thread-local storage with another thread");
        } else if (overwritten.judge(tid, stop.registers(index)) != StackCheck.Verdict.CLEAR) {
            refuse(tid, "it will, or may, return to instructions that change");
        } else if (markedCount == marked.length) {
            refuse(tid, "too many others would have to be marked");
        } else {
            marked[markedCount] = tid;
            pointers[markedCount++] = threadPointer;
        }
    }

    private void refuse(int tid, String why) {
        bad = tid;
        reason = why;
    }

    private static int indexOf(ProcessStop stop, int tid) {
        for (int i = 0; i < stop.size(); i++) {
            if (stop.tid(i) == tid) {
                return i;
            }
        }
        return -1;
    }

    private static boolean isShared(ProcessStop stop, int index, long threadPointer) {
        for (int i = 0; i < stop.size(); i++) {
            if (i != index && stop.isStopped(i) && stop.registers(i).fsBase() == threadPointer) {
                return true;
            }
        }
        return false;
    }

    @Override
    public String reason() {
        return reason;
    }

    /** The threads that were marked, in the order of their ids. */
    Set<Integer> marked() {
        Set<Integer> tids = new TreeSet<>();
        for (int i = 0; i < markedCount; i++) {
            tids.add(marked[i]);
        }
        return tids;
    }
}
