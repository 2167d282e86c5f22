package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine;

/** A command on one process, or on all or none of several. */
abstract class OnProcesses extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, required = true, split = ",", paramLabel = "PID|NAME|WILDCARD", description = "the process, or several; by id, or by a name that no other process has; may be repeated")
    private List<String> which = new ArrayList<>();

    @CommandLine.Option(names = "--all", description = "all processes that a name matches")
    private boolean all;

    @Override
    boolean takesAll() {
        return true;
    }

    @Override
    public Integer call() throws IOException {
        List<LiveProcess> processes = new ArrayList<>();
        try {
            for (int pid : Selection.pids(this, which, all)) {
                processes.add(attach(pid));
            }
            return run(processes);
        } finally {
            processes.forEach(LiveProcess::close);
        }
    }

    /** Does the work and returns the exit status. */
    abstract int run(List<LiveProcess> processes) throws IOException;

    /**
     * Prints the results of several processes, and returns the exit status.
     *
     * @param outcome the word for success
     */
    int print(TransactionReport report, String outcome) {
        Optional<RuntimeException> failure = report.failure();
        int status = failure.map(ExitStatus::of).orElse(0);
        Map<String, Object> object = failure.map(why -> Failures.describe(why, status))
                .orElseGet(() -> Json.object("outcome", outcome));
        object.put("processes", report.processes().stream().map(Json::of).toList());
        print(report.text(RemedyOptions.WORDING), object);
        failure.ifPresent(why -> complain(Failures.message(why)));
        return status;
    }
}
