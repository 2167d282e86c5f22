package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.exit.ExitStatus;
import java.io.IOException;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/** A command on one process. */
abstract class OnProcess extends Command {
    @CommandLine.Option(names = {"-p",
            "--process"}, required = true, paramLabel = "PID|NAME|WILDCARD", description = "the process, by its id or by a name that no other process has")
    private String which = "";

    /** Whether the user wants all processes of that name. */
    boolean isForAll() {
        return false;
    }

    @Override
    public Integer call() throws IOException {
        Set<Integer> pids = Selection.pids(this, List.of(which), isForAll());
        return pids.size() == 1 ? on(pids.iterator().next()) : collecting(() -> onAll(pids));
    }

    private int on(int pid) throws IOException {
        try (LiveProcess process = attach(pid)) {
            return run(process);
        }
    }

    /** One process after the other; the failure of one does not keep the others from being done. */
    private int onAll(Set<Integer> pids) throws IOException {
        int status = 0;
        for (int pid : pids) {
            try {
                status = Math.max(status, on(pid));
            } catch (PulpoException failure) {
                int failed = ExitStatus.of(failure);
                complain(Failures.message(failure));
                print("", Failures.describe(failure, failed));
                status = Math.max(status, failed);
            }
        }
        return status;
    }

    /** Does the work and returns the exit status. */
    abstract int run(LiveProcess process) throws IOException;
}
