package dev.pulpo.examples.cli;

import dev.pulpo.engine.PackReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine;

/** {@code pulpo pack}. */
@CommandLine.Command(name = "pack", description = "Makes a patch container from a shared object of plain C or C++.")
final class Pack extends Command {
    @CommandLine.Parameters(paramLabel = "FILE.so", description = "functions with the names of the functions that they replace")
    private Path file = Path.of("");

    @CommandLine.Mixin
    private PackArguments arguments = new PackArguments();

    @Override
    public Integer call() throws IOException {
        PackReport report = arguments.patch(file).pack(arguments.output(file));
        print(report.text(RemedyOptions.WORDING), Json.of(report, arguments.output(file)));
        return report.isPackable() ? 0 : ExitStatus.REFUSED;
    }
}
