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

    /** The selected processes. */
    Crowd.Found found() throws InterruptedException {
        if (pid().isPresent()) {
            return new Crowd.Found(List.of(pid().getAsInt()), Map.of());
        }
        return Crowd.find(new ProcessFilter(Optional.of(process).filter(name -> !name.isEmpty()),
                Optional.of(user).filter(name -> !name.isEmpty())), workers());
    }

    /** How many to work on at the same time. */
    Workers workers() {
        return alone ? Workers.ONE : Workers.possible();
    }
}
