package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import java.util.List;
import picocli.CommandLine;

/** {@code pulpo messages}. */
@CommandLine.Command(name = "messages", description = "Prints the message log in a process.")
final class Messages extends OnProcess {
    @Override
    int run(LiveProcess process) {
        List<String> messages = process.messages();
        print(String.join("\n", messages), Json.object("pid", process.pid(), "messages", messages));
        return 0;
    }
}
