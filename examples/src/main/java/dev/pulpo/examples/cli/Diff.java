package dev.pulpo.examples.cli;

import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.FunctionVersions;
import dev.pulpo.engine.PackReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.examples.ulp.CheckConverter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine;

/** {@code pulpo diff}. */
@CommandLine.Command(name = "diff", description = "Says which functions differ between two builds of the same source, and makes a patch container of these functions.")
final class Diff extends Command {
    private static final int SHOWN = 10;
    private static final Set<String> KINDS = Set.of("changed", "added", "removed", "replaces", "data:", "not");

    @CommandLine.Parameters(index = "0", paramLabel = "OLD", description = "the build that processes run")
    private Path old = Path.of("");

    @CommandLine.Parameters(index = "1", paramLabel = "NEW", description = "the build with the fix")
    private Path replacement = Path.of("");

    @CommandLine.Parameters(index = "2..*", paramLabel = "OPTION", description = "options for the compiler of added sources, after --")
    private List<String> options = new ArrayList<>();

    @CommandLine.Option(names = {"-o",
            "--output"}, paramLabel = "FILE", description = "make a patch container of the functions that differ")
    private Path output = Path.of("");

    @CommandLine.Option(names = "--allow", split = ",", paramLabel = "CHECK", converter = CheckConverter.class, description = "ignore the findings of this check: signature, layout, data, constructor, options, uncompared; of added sources also convention, inlined, cloned, duplicated, undefined")
    private List<Check> allowed = new ArrayList<>();

    @CommandLine.Option(names = "--only", split = ",", paramLabel = "FUNCTION", description = "take these functions and those of their own that they need")
    private List<String> only = new ArrayList<>();

    @CommandLine.Option(names = "--without", split = ",", paramLabel = "FUNCTION", description = "leave these functions out")
    private List<String> without = new ArrayList<>();

    @CommandLine.Option(names = "--releases-old", split = ",", paramLabel = "FUNCTION", description = "you have looked at these functions: their new versions can release what old code has made, and the old ones what new code makes")
    private List<String> releasesOld = new ArrayList<>();

    @CommandLine.Option(names = "--add", paramLabel = "FILE.c", description = "C or C++ whose functions replace those of the same name, instead of what the new build has for them, and whose callbacks are called; may be repeated")
    private List<Path> added = new ArrayList<>();

    @CommandLine.Option(names = "--choose", paramLabel = "NAME=FILE", description = "of several symbols NAME in the old build, added sources mean the one from source file FILE; may be repeated")
    private Map<String, String> choices = new LinkedHashMap<>();

    @CommandLine.Option(names = "--explain", paramLabel = "FUNCTION", description = "show both versions of this function side by side, and make nothing")
    private String explained = "";

    @CommandLine.Option(names = "--verbose", description = "print all functions, and those that differ by numbers of source lines only")
    private boolean verbose;

    @Override
    public Integer call() throws IOException {
        if (!explained.isEmpty()) {
            return explain();
        }
        if (output.toString().isEmpty()) {
            needsOutput("--allow", !allowed.isEmpty());
            needsOutput("--add", !added.isEmpty());
        }
        needsSource("--choose", !choices.isEmpty());
        needsSource("an option for the compiler", !options.isEmpty());
        if (output.toString().isEmpty()) {
            BuildDiff diff = BuildDiff.between(old, replacement);
            print(differences(diff), Json.of(diff));
            return diff.uncompared().isEmpty() ? 0 : ExitStatus.OTHER;
        }
        Set<Check> all = EnumSet.noneOf(Check.class);
        all.addAll(allowed);
        BuildDiff.Packed packed = BuildDiff.compareAndPack(old, replacement, output, all,
                new BuildDiff.Selection(whole(only), whole(without), whole(releasesOld)),
                new BuildDiff.Addition(added, options, choices));
        PackReport report = packed.report();
        Map<String, Object> object = Json.object("diff", Json.of(packed.diff()), "container",
                Json.of(report, output), "added", Json.of(packed.added()));
        print(differences(packed.diff()) + System.lineSeparator()
                + shown(report.text(RemedyOptions.WORDING).lines().toList()) + text(packed.added()),
                object);
        return report.isPackable() ? 0 : ExitStatus.REFUSED;
    }

    private void needsOutput(String option, boolean given) {
        if (given) {
            throw usage(option + " is for making a container, and needs -o");
        }
    }

    private void needsSource(String what, boolean given) {
        if (given && added.isEmpty()) {
            throw usage(what + " is for sources that join the patch, and needs --add");
        }
    }

    private static String text(BuildDiff.Added added) {
        return Stream.concat(added.functions().stream().map(function -> "replaces " + function.name()
                + function.declaration().map(place -> " (" + place + ")").orElse("")),
                added.callbacks().stream().map(callback -> "has " + callback))
                .map(what -> System.lineSeparator() + "  added source " + what).collect(Collectors.joining());
    }

    /** Names that were taken apart at the commas between their parameters. */
    private static List<String> whole(List<String> parts) {
        List<String> names = new ArrayList<>();
        String begun = "";
        for (String part : parts) {
            begun = begun.isEmpty() ? part : begun + "," + part;
            if (begun.chars().filter(c -> c == '(' || c == '<').count() <= begun.chars()
                    .filter(c -> c == ')' || c == '>').count()) {
                names.add(begun);
                begun = "";
            }
        }
        if (!begun.isEmpty()) {
            names.add(begun);
        }
        return names;
    }

    private int explain() throws IOException {
        if (!output.toString().isEmpty()) {
            throw usage("--explain shows a function and makes no container: leave -o out");
        }
        List<FunctionVersions> versions = BuildDiff.explain(old, replacement, explained);
        if (versions.isEmpty()) {
            complain("no function that both builds have is called " + explained);
            return ExitStatus.OTHER;
        }
        print(versions.stream().map(each -> Versions.text(each, verbose))
                .collect(Collectors.joining(System.lineSeparator())),
                Json.object("functions",
                        versions.stream().map(Json::of).toList()));
        return 0;
    }

    private String differences(BuildDiff diff) {
        return shown(diff.toString().lines().toList()) + (verbose ? lines(diff) : "");
    }

    private static String lines(BuildDiff diff) {
        return diff.lines().stream()
                .map(each -> System.lineSeparator() + "  only a number of a source line: " + each.name())
                .collect(Collectors.joining());
    }

    /** Not more than fits on a screen: of lines of one kind the first ones, and how many there are. */
    private String shown(List<String> lines) {
        Map<String, Integer> counts = new LinkedHashMap<>();
        List<String> shown = new ArrayList<>();
        for (String line : lines) {
            String kind = line.strip().split(" ", 2)[0];
            boolean listed = KINDS.contains(kind) || line.startsWith("  note: takes ");
            int count = listed ? counts.merge(kind, 1, Integer::sum) : 0;
            if (verbose || count <= SHOWN) {
                shown.add(line);
            }
        }
        counts.forEach((kind, count) -> {
            if (!verbose && count > SHOWN) {
                shown.add("  and " + (count - SHOWN) + " more: " + kind + " (--verbose shows all)");
            }
        });
        return String.join(System.lineSeparator(), shown);
    }
}
