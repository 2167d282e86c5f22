package dev.pulpo.examples.cli;

import dev.pulpo.engine.StubFile;
import picocli.CommandLine;

/** {@code pulpo stub}. */
@CommandLine.Command(name = "stub", description = "Prints the path of the stub, for LD_PRELOAD.")
final class Stub extends Command {
    @CommandLine.Option(names = "--header", description = "print the path of pulpo.h, which sources of patches include")
    private boolean header;

    @Override
    public Integer call() {
        String path = (header ? StubFile.header() : StubFile.path()).toString();
        print(path, Json.object(header ? "header" : "stub", path));
        return 0;
    }
}
