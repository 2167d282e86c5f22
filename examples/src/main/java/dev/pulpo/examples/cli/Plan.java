package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchPlan;
import java.io.IOException;
import picocli.CommandLine;

/** {@code pulpo plan}. */
@CommandLine.Command(name = "plan", description = "Says what applying a patch would do. Changes nothing.")
final class Plan extends OnProcess {
    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @Override
    int run(LiveProcess process) throws IOException {
        PatchPlan plan = process.plan(arguments.patch());
        print(plan.toString(), Json.of(plan));
        return plan.isApplicable() ? 0 : Failures.REFUSED;
    }
}
