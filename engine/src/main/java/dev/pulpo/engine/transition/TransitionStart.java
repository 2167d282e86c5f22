package dev.pulpo.engine.transition;

import dev.pulpo.engine.commit.StopCondition;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.StackSweep;
import dev.pulpo.engine.trace.ProcessStop;
import java.util.Set;
import java.util.TreeSet;

/**
 * The stop that begins a transition. Threads inside the version that is left are marked to stay; all others change at once.
 * A mark has no effect until the mode byte is written, and that is written last.
 */
final class TransitionStart implements StopCondition, ThreadMarks.Reader {
    private final ThreadMarks marks;
    private final StackCheck overwritten;
    private final int stayMark;
    private final int destinationMark;
    private final int[] marked = new int[Short.MAX_VALUE];
    private final long[] pointers = new long[Short.MAX_VALUE];
    private int markedCount;
    private int blocker;
    private String reason = "";

    /**
     * @param overwritten     knows the instructions that change; a thread that would return there cannot stay
     * @param stayMark        the mark of threads that stay
     * @param destinationMark the mark of threads that stayed during an earlier transition the other way: they already run
     *                        the version that the others change to
     */
    TransitionStart(ThreadMarks marks, StackCheck overwritten, int stayMark, int destinationMark) {
        this.marks = marks;
        this.overwritten = overwritten;
        this.stayMark = stayMark;
        this.destinationMark = destinationMark;
    }

    @Override
    public int hindrance(ProcessStop stop, StackSweep.Findings findings) {
        blocker = 0;
        markedCount = 0;
        marks.readAll(stop, this);
        for (int i = 0; i < findings.count() && blocker == 0; i++) {
            choose(stop, findings.tid(i));
        }
        if (blocker == 0) {
            for (int i = 0; i < markedCount; i++) {
                marks.write(marked[i], pointers[i], stayMark);
            }
        }
        return blocker;
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
        if (marks.read(threadPointer) == destinationMark) {
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
        blocker = tid;
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

    /** The ids of the marked threads, ascending. */
    Set<Integer> marked() {
        Set<Integer> tids = new TreeSet<>();
        for (int i = 0; i < markedCount; i++) {
            tids.add(marked[i]);
        }
        return tids;
    }
}
