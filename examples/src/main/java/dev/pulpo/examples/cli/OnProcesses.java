package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.picture.Report;
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

    @CommandLine.Mixin
    private Report report = new Report();

    @CommandLine.Option(names = "--all", description = "all processes that a name matches")
    private boolean all;

    @Override
    boolean takesAll() {
        return true;
    }

    @Override
    OperationListener listener() {
        return report.listener();
    }

    @Override
    public Integer call() throws IOException {
        return report.of(title(), this::attachAndRun, Failures::message);
    }

    /** What is done, as the title of a report. */
    abstract String title();

    /** Adds a line to the report. */
    void note(String line) {
        report.note(line);
    }

    private int attachAndRun() throws IOException {
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
    int print(TransactionReport results, String outcome) {
        Optional<RuntimeException> failure = results.failure();
        int status = failure.map(ExitStatus::of).orElse(0);
        Map<String, Object> object = failure.map(why -> Failures.describe(why, status))
                .orElseGet(() -> Json.object("outcome", outcome));
        object.put("processes", results.processes().stream().map(Json::of).toList());
        String text = results.text(RemedyOptions.WORDING);
        print(text, object);
        text.lines().forEach(this::note);
        failure.map(Failures::message).ifPresent(this::note);
        failure.ifPresent(why -> complain(Failures.message(why)));
        return status;
    }
}
