package dev.pulpo.engine.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A process was stopped until no thread blocked a change, or until the deadline. */
@Name("dev.pulpo.Commit")
@Label("Commit")
@Description("A process was stopped until no thread blocked a change, or until the deadline.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class CommitEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Functions")
    private int functions;

    @Label("Attempts")
    @Description("Stops; 0 where the change failed")
    private int attempts;

    @Label("Released")
    @Description("Stops that were released because they would have taken too long")
    private int released;

    @Label("Committed")
    private boolean committed;

    /** Begins. */
    public CommitEvent(int process, int changing) {
        pid = process;
        functions = changing;
        begin();
    }

    /** The change is made. */
    public void made(int stops, int tooLong) {
        attempts = stops;
        released = tooLong;
        committed = true;
    }

    /** Ends. */
    public void ended() {
        commit();
    }
}
