package dev.pulpo.examples.ulp;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.DescriptionException;
import dev.pulpo.engine.container.Packer;
import dev.pulpo.examples.terminal.Mark;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/** {@code packer}: makes a container from a description. */
@CommandLine.Command(name = "packer", description = "Creates a livepatch METADATA file based on a live patch description on ARG1.")
final class Packing extends UlpCommand {
    @CommandLine.Option(names = {"-o", "--output"}, paramLabel = "FILE", description = "Write output to FILE")
    private @Nullable Path output;

    @CommandLine.Option(names = {"-l", "--livepatch"}, paramLabel = "LIVEPATCH", description = {
            "Use this livepatch file", "Defaults to the one described in ARG1"})
    private @Nullable Path livepatch;

    @CommandLine.Option(names = {"-t", "--target"}, paramLabel = "LIBRARY", description = {"Use this target library",
            "Defaults to the one described in ARG1"})
    private @Nullable Path target;

    @CommandLine.Parameters(paramLabel = "ARG1", description = "the description")
    private Path description = Path.of("");

    @Override
    int run() {
        try {
            Packer packed = Packer.read(description, Optional.ofNullable(livepatch), Optional.ofNullable(target));
            packed.write(output == null ? packed.file() : output);
            warn("metadata successfully embedded into livepatch container");
            return 0;
        } catch (DescriptionException e) {
            e.problems().forEach(problem -> out().println(
                    problem.toString().replaceFirst(": error: ", ": " + coloured(Mark.RED, "error: "))));
            out().flush();
        } catch (IOException e) {
            warn("error opening " + RawText.of(description) + ": " + reason(e));
        }
        warn("metadata file generation failed.");
        return Ulp.FAILED;
    }
}
