package dev.pulpo.examples.cli;

import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.PackReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.examples.ulp.CheckConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine;

/** {@code pulpo diff}. */
@CommandLine.Command(name = "diff", description = "Says which functions differ between two builds of the same source, and makes a patch container of these functions.")
final class Diff extends Command {
    @CommandLine.Parameters(index = "0", paramLabel = "OLD", description = "the build that processes run")
    private Path old = Path.of("");

    @CommandLine.Parameters(index = "1", paramLabel = "NEW", description = "the build with the fix")
    private Path replacement = Path.of("");

    @CommandLine.Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "make a patch container of the functions that differ")
    private Path output = Path.of("");

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check: signature, layout, data, constructor, options")
    private List<Check> allowed = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        if (output.toString().isEmpty() && !allowed.isEmpty()) {
            throw usage("--allow is for making a container, and needs -o");
        }
        BuildDiff diff = BuildDiff.between(old, replacement);
        if (output.toString().isEmpty()) {
            print(diff.toString(), Json.of(diff));
            return 0;
        }
        Set<Check> all = EnumSet.noneOf(Check.class);
        all.addAll(allowed);
        PackReport report = BuildDiff.pack(old, replacement, output, all);
        Map<String, Object> object = Json.object("diff", Json.of(diff), "container", Json.of(report, output));
        print(diff + System.lineSeparator() + report.text(RemedyOptions.WORDING), object);
        return report.isPackable() ? 0 : ExitStatus.REFUSED;
    }
}
