package dev.pulpo.examples.ulp;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import java.util.List;
import picocli.CommandLine;

/** {@code messages}: prints the message log in a process. */
@CommandLine.Command(name = "messages", description = "Print livepatch information contained in libpulp.")
final class UlpMessages extends UlpCommand {
    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "process", description = "Target process name, wildcard, or PID")
    private String process = "";

    @Override
    int run() {
        if (process.isEmpty()) {
            throw usage("process is mandatory in 'messages' command.");
        }
        if (!process.matches("\\d{1,9}")) {
            warn("messages only accepts PID when passing -p.");
            return isTruthful() ? ExitStatus.USAGE : Ulp.FAILED;
        }
        try (LiveProcess target = LiveProcess.attach(Integer.parseInt(process))) {
            if (!target.hasStub()) {
                warn("could not find libpulp.so message queue in process " + process + ".");
                return isTruthful() ? ExitStatus.REFUSED : Ulp.FAILED;
            }
            List<String> messages = target.messages();
            // libpulp's own first message, which scripts look for.
            out().println("libpulp loaded (libpulpo.so)");
            messages.forEach(out()::println);
            out().flush();
            return 0;
        } catch (PulpoException e) {
            warn("error gathering target process information.");
            detail(FailureText.of(e));
            return isTruthful() ? ExitStatus.of(e) : Ulp.FAILED;
        }
    }
}
