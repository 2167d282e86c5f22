package dev.pulpo.engine.flight;

import java.time.Duration;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** A thread of a process was borrowed to call functions. The event lasts as long as the search and the loan. */
@Name("dev.pulpo.Borrow")
@Label("Borrowed Thread")
@Description("A thread of a process was borrowed to call functions. The event lasts as long as the search and the loan.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class BorrowEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Borrowed Thread")
    private int tid;

    @Label("Loan")
    @Description("From the thread's interrupt to its release")
    @Timespan(Timespan.NANOSECONDS)
    private long loan;

    /** Begins. */
    public BorrowEvent() {
        begin();
    }

    /** Ends. To be called after the release. */
    public void ended(int process, int thread, Duration duration) {
        pid = process;
        tid = thread;
        loan = duration.toNanos();
        commit();
    }
}
