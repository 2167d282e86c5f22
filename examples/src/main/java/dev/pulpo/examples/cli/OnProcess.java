package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import java.io.IOException;
import picocli.CommandLine;

/** A command on one process. */
abstract class OnProcess extends Command {
    @CommandLine.Option(names = {"-p", "--process"}, required = true, paramLabel = "PID", description = "the process")
    private int pid;

    @Override
    public Integer call() throws IOException {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return run(process);
        }
    }

    /** Does the work and returns the exit status. */
    abstract int run(LiveProcess process) throws IOException;
}
