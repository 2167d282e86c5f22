package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import java.io.IOException;
import picocli.CommandLine;

/** {@code pulpo apply}. */
@CommandLine.Command(name = "apply", description = "Applies a patch to a process.")
final class Apply extends OnProcess {
    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    int run(LiveProcess process) throws IOException {
        Outcome outcome = process.apply(process.plan(arguments.patch()), when.consistency());
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }
}
