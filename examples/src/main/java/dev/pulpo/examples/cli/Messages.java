package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** {@code pulpo messages}. */
@CommandLine.Command(name = "messages", description = "Prints the message log in a process.")
final class Messages extends OnProcess {
    @Override
    int run(LiveProcess process) {
        List<String> messages = process.messages();
        // The process can write there what it likes: no line of it may look like one of the tool's.
        print(messages.stream().map("  "::concat).collect(Collectors.joining("\n")),
                Json.object("pid", process.pid(), "messages", messages));
        return 0;
    }
}
