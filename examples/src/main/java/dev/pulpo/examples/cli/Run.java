package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.WaitStatus;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** {@code pulpo run -- CMD}: the exit statuses are those of a shell. */
@CommandLine.Command(name = "run", description = "Starts a program with the stub preloaded, and exits with its status.")
final class Run extends Command {
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;
    private static final int KILLED = 128;

    @CommandLine.Parameters(arity = "1..*", paramLabel = "CMD", description = "the program and its arguments, after --")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() {
        try (LaunchedProcess child = LiveProcess.launcher(command).inheritIo().start()) {
            // If this program is ended, so is the program that it runs.
            Thread end = new Thread(child::close);
            Runtime.getRuntime().addShutdownHook(end);
            WaitStatus status = child.waitFor();
            int code = status instanceof WaitStatus.Killed killed
                    ? KILLED + killed.signal()
                    : ((WaitStatus.Exited) status).status();
            Runtime.getRuntime().removeShutdownHook(end);
            return code;
        } catch (SystemCallException e) {
            complain(command.getFirst() + ": " + FailureText.of(e));
            return e.errno() == Errno.ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
        }
    }
}
