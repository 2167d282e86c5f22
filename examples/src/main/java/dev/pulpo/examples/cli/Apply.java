package dev.pulpo.examples.cli;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Transaction;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo apply}: everything that is asked for, or nothing. */
@CommandLine.Command(name = "apply", description = "Applies patches to processes: all of them to each, or none to any.")
final class Apply extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, required = true, split = ",", paramLabel = "PID", description = "the process, or several; may be repeated")
    private Set<Integer> pids = new LinkedHashSet<>();

    @CommandLine.Mixin
    private PatchArguments arguments = new PatchArguments();

    @CommandLine.Mixin
    private When when = new When();

    @Override
    public Integer call() throws IOException {
        List<LiveProcess> processes = new ArrayList<>();
        try {
            for (int pid : pids) {
                processes.add(LiveProcess.attach(pid));
            }
            List<LivePatch> patches = arguments.patches(this);
            return processes.size() == 1 ? toOne(processes.getFirst(), patches) : toAll(processes, patches);
        } finally {
            processes.forEach(LiveProcess::close);
        }
    }

    private int toOne(LiveProcess process, List<LivePatch> patches) throws IOException {
        List<Outcome> outcomes = patches.size() == 1
                ? List.of(process.apply(patches.getFirst(), when.consistency()))
                : process.apply(process.plan(patches), when.consistency());
        print(outcomes.stream().map(Outcome::toString).collect(Collectors.joining(System.lineSeparator())),
                outcomes.size() == 1
                        ? Json.of(outcomes.getFirst())
                        : Json.object("outcome", "applied", "pid", process.pid(), "patches",
                                outcomes.stream().map(Json::of).toList()));
        return 0;
    }

    private int toAll(List<LiveProcess> processes, List<LivePatch> patches) throws IOException {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        for (LiveProcess process : processes) {
            plans.put(process, process.plan(patches));
        }
        TransactionReport report = Transaction.apply(plans, when.consistency());
        Optional<RuntimeException> failure = report.failure();
        int status = failure.map(ExitStatus::of).orElse(0);
        Map<String, Object> object = failure.map(why -> Failures.describe(why, status))
                .orElseGet(() -> Json.object("outcome", "applied"));
        object.put("processes", report.processes().stream().map(Json::of).toList());
        print(report.toString(), object);
        failure.ifPresent(why -> complain(Failures.message(why)));
        return status;
    }
}
