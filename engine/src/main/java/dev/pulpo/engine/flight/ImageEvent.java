package dev.pulpo.engine.flight;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** The objects and mappings of a process were read. */
@Name("dev.pulpo.Image")
@Label("Process Image")
@Description("The objects and mappings of a process were read.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class ImageEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Objects")
    @Description("The program and its shared objects")
    private int objects;

    /** Begins. */
    public ImageEvent() {
        begin();
    }

    /** Ends. */
    public void ended(int process, int found) {
        pid = process;
        objects = found;
        commit();
    }
}
