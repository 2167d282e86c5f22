package dev.pulpo.engine.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

/** All threads of a process were stopped and released. */
@Name("dev.pulpo.Stop")
@Label("Stop")
@Description("All threads of a process were stopped and released.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class StopEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Threads")
    @Description("Threads that stood still at the end")
    private int threads;

    @Label("Stop")
    @Description("From the first interrupt to the last release")
    @Timespan(Timespan.NANOSECONDS)
    private long stop;

    @Label("Release")
    @Description("The part of the stop in which threads were released")
    @Timespan(Timespan.NANOSECONDS)
    private long release;

    /** Made before the stop. */
    public StopEvent(int process) {
        pid = process;
    }

    /** Ends. To be called after the release. */
    public void ended(int stopped, long stopNanos, long releaseNanos) {
        threads = stopped;
        stop = stopNanos;
        release = releaseNanos;
        commit();
    }
}
