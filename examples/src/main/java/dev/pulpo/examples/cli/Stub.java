package dev.pulpo.examples.cli;

import dev.pulpo.engine.StubFile;
import picocli.CommandLine;

/** {@code pulpo stub}. */
@CommandLine.Command(name = "stub", description = "Prints the path of the stub, for LD_PRELOAD.")
final class Stub extends Command {
    @Override
    public Integer call() {
        String path = StubFile.path().toString();
        print(path, Json.object("stub", path));
        return 0;
    }
}
