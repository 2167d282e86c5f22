package dev.pulpo.examples.cli;

import dev.pulpo.engine.BuildDiff;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;

/** {@code pulpo diff}. */
@CommandLine.Command(name = "diff", description = "Says which functions differ between two builds of the same source.")
final class Diff extends Command {
    @CommandLine.Parameters(index = "0", paramLabel = "OLD", description = "the one build")
    private Path old = Path.of("");

    @CommandLine.Parameters(index = "1", paramLabel = "NEW", description = "the other")
    private Path young = Path.of("");

    @Override
    public Integer call() throws IOException {
        BuildDiff diff = BuildDiff.between(old, young);
        print(diff.toString(), Json.of(diff));
        return 0;
    }
}
