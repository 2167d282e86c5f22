package dev.pulpo.examples.cli;

import dev.pulpo.engine.Check;
import dev.pulpo.engine.PlainPatch;
import dev.pulpo.examples.ulp.CheckConverter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;

/** The arguments that describe how a plain shared object becomes a patch. */
final class PackArguments {
    @CommandLine.Option(names = "--target", required = true, paramLabel = "LIB", description = "path of the program or library that is patched")
    private Path target = Path.of("");

    @CommandLine.Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "the container (default: overwrite the shared object)")
    private Path output = Path.of("");

    @CommandLine.Option(names = "--choose", paramLabel = "NAME=FILE", description = "of several symbols NAME in the target, use the one from source file FILE; may be repeated")
    private Map<String, String> choices = new LinkedHashMap<>();

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check: signature, convention, inlined, cloned, layout, duplicated, data, constructor, options")
    private List<Check> allowed = new ArrayList<>();

    Path target() {
        return target;
    }

    PlainPatch patch(Path file) {
        PlainPatch patch = PlainPatch.of(target, file);
        for (Map.Entry<String, String> choice : choices.entrySet()) {
            patch = patch.choose(choice.getKey(), choice.getValue());
        }
        for (Check check : allowed) {
            patch = patch.allow(check);
        }
        return patch;
    }

    Path output(Path otherwise) {
        return output.toString().isEmpty() ? otherwise : output;
    }
}
