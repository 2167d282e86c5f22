package dev.pulpo.examples.cli;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.Replacement;
import dev.pulpo.examples.ulp.CheckConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;

/** The arguments that name patches. */
final class PatchArguments {
    @CommandLine.Parameters(arity = "1..*", paramLabel = "FILE.so", description = "the patch. Several patches come into force in one stop, or none does. If several replace a function, the last one wins")
    private List<Path> files = new ArrayList<>();

    @CommandLine.Option(names = "--target", paramLabel = "LIB", description = "the object to patch: path, file name or SONAME; 'exe' is the program")
    private String target = "";

    @CommandLine.Option(names = "--build-id", paramLabel = "HEX", description = "the build-id that the target must have")
    private String buildId = "";

    @CommandLine.Option(names = "--replace", paramLabel = "old=new", split = ",", converter = ReplacementConverter.class, description = "a function of the target and its replacement; may be repeated")
    private List<Replacement> replacements = new ArrayList<>();

    @CommandLine.Option(names = "--comment", paramLabel = "TEXT", description = "a note that stays with the patch")
    private String comment = "";

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check: signature, convention, inlined, cloned, layout, duplicated, data, constructor, interposed, undefined, options")
    private List<Check> allowed = new ArrayList<>();

    /** The names of the files. */
    String names() {
        return files.stream().map(file -> RawText.of(file.getFileName())).collect(Collectors.joining(", "));
    }

    /**
     * The patches, in the order in which they were selfDescribing.
     *
     * @throws CommandLine.ParameterException if options for one file come with several files
     */
    List<LivePatch> patches(Command command) throws IOException {
        if (files.size() > 1 && !(target.isEmpty() && buildId.isEmpty() && replacements.isEmpty())) {
            throw command
                    .usage("--target, --build-id and --replace are for one file; pack several into containers, which "
                            + "name their targets");
        }
        List<LivePatch> patches = new ArrayList<>();
        for (Path file : files) {
            patches.add(patch(file));
        }
        return patches;
    }

    /** A container names its target and functions; arguments override that. What it refers to in its target stays. */
    private LivePatch patch(Path file) throws IOException {
        boolean container = LivePatch.of(file).elf().section(".ulp").isPresent();
        LivePatch patch = container ? LivePatch.open(file) : LivePatch.of(file);
        if (container && !replacements.isEmpty()) {
            patch = patch.without();
        }
        if (!comment.isEmpty()) {
            patch = patch.comment(comment);
        }
        if (!target.isEmpty()) {
            patch = patch.target(target);
        }
        if (!buildId.isEmpty()) {
            patch = patch.targetBuild(buildId);
        }
        for (Replacement replacement : replacements) {
            patch = patch.replace(replacement.function(), replacement.replacement());
        }
        for (Check check : allowed) {
            patch = patch.allow(check);
        }
        return patch;
    }

    /** Reads {@code old=new}. */
    static final class ReplacementConverter implements CommandLine.ITypeConverter<Replacement> {
        @Override
        public Replacement convert(String text) {
            try {
                return Replacement.parse(text);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(e.getMessage());
            }
        }
    }
}
