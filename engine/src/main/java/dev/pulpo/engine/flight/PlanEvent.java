package dev.pulpo.engine.flight;

import dev.pulpo.engine.PatchPlan;
import java.util.List;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Patches were planned. */
@Name("dev.pulpo.Plan")
@Label("Plan")
@Description("Patches were planned.")
@Category("Pulpo")
@StackTrace(false)
@SuppressWarnings("UnusedVariable") // the recorder reads the fields
public final class PlanEvent extends Event {
    @Label("Process")
    private int pid;

    @Label("Patches")
    private int patches;

    @Label("Functions")
    private int functions;

    @Label("Refusals")
    private int refusals;

    /** Begins. */
    public PlanEvent() {
        begin();
    }

    /** Ends. */
    public void ended(int process, List<PatchPlan> plans) {
        pid = process;
        patches = plans.size();
        functions = plans.stream().mapToInt(plan -> plan.functions().size()).sum();
        refusals = plans.stream().mapToInt(plan -> plan.refusals().size()).sum();
        commit();
    }
}
