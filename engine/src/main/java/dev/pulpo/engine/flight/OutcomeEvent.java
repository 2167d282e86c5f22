package dev.pulpo.engine.flight;

import dev.pulpo.engine.Outcome;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** An operation on a process has ended. */
@Name("dev.pulpo.Outcome")
@Label("Outcome")
@Description("An operation on a process has ended.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class OutcomeEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Outcome")
    private String outcome = "";

    @Label("Patch")
    @Description("The first patch of the operation")
    private String patch = "";

    @Label("Threads")
    private int threads;

    @Label("Stop")
    @Description("The last stop of the process")
    @Timespan(Timespan.NANOSECONDS)
    private long stop;

    @Label("Pause")
    @Description("The longest time in which one thread was stopped or borrowed")
    @Timespan(Timespan.NANOSECONDS)
    private long pause;

    @Label("Total")
    @Timespan(Timespan.NANOSECONDS)
    private long total;

    @Label("Attempts")
    private int attempts;

    /** Records a success. */
    public void succeeded(Outcome success) {
        pid = success.pid();
        outcome = success.kind().words();
        patch = success.patch().hex();
        threads = success.threads();
        stop = success.stop().toNanos();
        pause = success.pause().toNanos();
        total = success.total().toNanos();
        attempts = success.attempts();
        commit();
    }

    /** Records a failure. */
    public void failed(int process, Throwable failure) {
        pid = process;
        outcome = "failed: " + failure.getMessage();
        commit();
    }

    /** Records that nothing has changed in a process, because of another one. */
    public static void undone(int process) {
        OutcomeEvent event = new OutcomeEvent();
        event.pid = process;
        event.outcome = "nothing has changed, because of another process";
        event.commit();
    }
}
