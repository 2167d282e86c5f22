package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PackReport;
import dev.pulpo.engine.PlainPatch;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/** {@code pulpo build}. */
@CommandLine.Command(name = "build", description = "Compiles a C or C++ source into a patch container.")
final class Build extends Command {
    @CommandLine.Parameters(index = "0", paramLabel = "FILE.c", description = "functions with the names of the functions that they replace")
    private Path source = Path.of("");

    @CommandLine.Parameters(index = "1..*", paramLabel = "OPTION", description = "options for the compiler, after --")
    private List<String> options = new ArrayList<>();

    @CommandLine.Mixin
    private PackArguments arguments = new PackArguments();

    @Override
    public Integer call() throws IOException {
        Path output = arguments.output(RawText.path(RawText.of(source).replaceFirst("[.][^./]*$", "") + ".so"));
        // If the container is refused, no file remains that could be taken for it.
        Path directory = Files.createTempDirectory("pulpo-build");
        Path compiled = directory.resolve(output.getFileName());
        try {
            PlainPatch.compile(source, arguments.target(), compiled, options);
            PackReport report = arguments.patch(compiled).named(output).pack(output);
            print(report.text(RemedyOptions.WORDING), Json.of(report, output));
            return report.isPackable() ? 0 : ExitStatus.REFUSED;
        } finally {
            Files.deleteIfExists(compiled);
            Files.deleteIfExists(directory);
        }
    }
}
