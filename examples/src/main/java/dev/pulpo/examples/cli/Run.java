package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * {@code pulpo run -- CMD}: becomes the program. So the program has the process id that a service manager knows, gets all
 * signals, and its end is the command's.
 */
@CommandLine.Command(name = "run", description = "Becomes a program with the stub preloaded: signals reach it, and its end is that of the command.")
final class Run extends Command {
    /** As shells have them. */
    private static final int NOT_EXECUTABLE = 126;
    private static final int NOT_FOUND = 127;

    @CommandLine.Parameters(arity = "1..*", paramLabel = "CMD", description = "the program and its arguments, after --")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() {
        if (command.getFirst().isEmpty()) {
            throw usage("an argument CMD is empty");
        }
        try {
            // Programs that this one starts inherit LD_PRELOAD, and theirs may be linked with the runtime of the address
            // sanitizer, which comes after the stub then.
            LiveProcess.launcher(command).append("ASAN_OPTIONS", "verify_asan_link_order=0").replaceThisProcess();
            throw new IllegalStateException("execve(2) returned");
        } catch (SystemCallException e) {
            String message = command.getFirst() + ": " + FailureText.of(e);
            print("", Json.object("outcome", "failed", "message", message));
            complain(message);
            return e.errno() == Errno.ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
        }
    }
}
