package dev.pulpo.examples.cli;

import dev.pulpo.engine.Coverage;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.examples.exit.ExitStatus;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo plan}. */
@CommandLine.Command(name = "plan", description = "Says what applying a patch would do. Changes nothing.")
final class Plan extends OnProcess {
    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @Override
    int run(LiveProcess process) throws IOException {
        PatchPlan plan = process.plan(arguments.patch());
        List<Coverage> coverage = process.coverage(plan);
        print(plan + coverage.stream().map(each -> System.lineSeparator() + "  " + each)
                .collect(Collectors.joining()), Json.of(plan, coverage));
        return plan.isApplicable() ? 0 : ExitStatus.REFUSED;
    }
}
