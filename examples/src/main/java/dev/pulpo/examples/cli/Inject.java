package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import picocli.CommandLine;

/** {@code pulpo inject}. */
@CommandLine.Command(name = "inject", description = "Loads the stub into a process that does not have it.")
final class Inject extends OnProcess {
    @Override
    int run(LiveProcess process) {
        boolean injected = process.inject();
        print(process + (injected ? " has the stub now" : " had the stub already"),
                Json.object("outcome", "injected", "pid", process.pid(), "wasThere", !injected));
        return 0;
    }
}
