package dev.pulpo.examples.cli;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Transaction;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo apply}: all patches to all processes, or none to any. */
@CommandLine.Command(name = "apply", description = "Applies all patches to all processes, or none to any.")
final class Apply extends OnProcesses {
    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    String title() {
        return "apply " + arguments.names();
    }

    @Override
    int run(List<LiveProcess> processes) throws IOException {
        List<LivePatch> patches = arguments.patches(this);
        return processes.size() == 1 ? toOne(processes.getFirst(), patches) : toAll(processes, patches);
    }

    private int toOne(LiveProcess process, List<LivePatch> patches) throws IOException {
        List<Outcome> outcomes = patches.size() == 1
                ? List.of(process.apply(patches.getFirst(), when.consistency()))
                : process.apply(process.plan(patches), when.consistency());
        boolean already = outcomes.stream().allMatch(Outcome::isAlready);
        outcomes.forEach(outcome -> note(outcome.toString()));
        print(outcomes.stream().map(Outcome::toString).collect(Collectors.joining(System.lineSeparator())),
                outcomes.size() == 1
                        ? Json.of(outcomes.getFirst())
                        : Json.object("outcome", already ? "in force already" : "applied", "pid", process.pid(),
                                "patches",
                                outcomes.stream().map(Json::of).toList()));
        return 0;
    }

    private int toAll(List<LiveProcess> processes, List<LivePatch> patches) throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            plans.put(process, process.plan(patches));
        }
        return print(Transaction.apply(plans, when.consistency()), "applied");
    }
}
