package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine;

/** A command on one process, or on all or none of several. */
abstract class OnProcesses extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, required = true, split = ",", paramLabel = "PID", description = "the process, or several; may be repeated")
    private Set<Integer> pids = new LinkedHashSet<>();

    @Override
    public Integer call() throws IOException {
        List<LiveProcess> processes = new ArrayList<>();
        try {
            for (int pid : pids) {
                processes.add(LiveProcess.attach(pid));
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
