package dev.pulpo.examples.ulp;

import dev.pulpo.engine.ProcessFilter;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Workers;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine;

/** The options that select processes; without any, all that carry the stub. */
final class Which {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "process", description = "Target process name, wildcard, or PID")
    private String process = "";

    @CommandLine.Option(names = {"-u", "--user"}, paramLabel = "user", description = "User name, wildcard, or UID")
    private String user = "";

    @CommandLine.Option(names = "--disable-threading", description = "Do not launch additional threads")
    private boolean alone;

    /** The process, if it was named by its id. */
    OptionalInt pid() {
        return process.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(process)) : OptionalInt.empty();
    }

    /** Whether the user chose among the processes. */
    boolean isChosen() {
        return !process.isEmpty() || !user.isEmpty();
    }

    /** The selected processes. */
    Crowd.Found found() throws InterruptedException {
        Optional<String> owner = Optional.of(user).filter(name -> !name.isEmpty());
        if (pid().isPresent()) {
            int pid = pid().getAsInt();
            return new Crowd.Found(
                    new ProcessFilter(Optional.empty(), owner).isOfUser(pid) ? List.of(pid) : List.of(), Map.of());
        }
        return Crowd.find(new ProcessFilter(Optional.of(process).filter(name -> !name.isEmpty()), owner), workers());
    }

    /** What was selected where nothing was found, for people. */
    String nothing() {
        return pid().isPresent()
                ? "process " + process + " is not of user " + user
                : "no process that carries the stub and may be read"
                        + (process.isEmpty() ? "" : " matches '" + process + "'")
                        + (user.isEmpty() ? "" : (process.isEmpty() ? " is" : " and is") + " of user " + user);
    }

    /** How many to work on at the same time. */
    Workers workers() {
        return alone ? Workers.ONE : Workers.possible();
    }
}
