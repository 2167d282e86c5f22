package dev.pulpo.examples.cli;

import dev.pulpo.engine.Coverage;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** {@code pulpo plan}. */
@CommandLine.Command(name = "plan", description = "Says what applying patches in one stop would do. Changes nothing.")
final class Plan extends OnEachProcess {
    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @Override
    int run(LiveProcess process) throws IOException {
        List<PatchPlan> plans = process.plan(arguments.patches(this));
        List<String> lines = new ArrayList<>();
        List<Object> objects = new ArrayList<>();
        for (PatchPlan plan : plans) {
            List<Coverage> coverage = process.coverage(plan);
            lines.add(plan.text(RemedyOptions.WORDING));
            coverage.forEach(each -> lines.add("  " + each));
            objects.add(Json.of(plan, coverage));
        }
        print(String.join(System.lineSeparator(), lines),
                objects.size() == 1 ? objects.getFirst() : Json.object("plans", objects));
        return plans.stream().allMatch(plan -> plan.isApplicable() || plan.isInForce()) ? 0 : ExitStatus.REFUSED;
    }
}
