package dev.pulpo.examples.man;

import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.terminal.BuildVersion;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.ulp.Ulp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine;

/** Generates manual pages (man(7)) from the picocli definitions of the commands. */
public final class ManPages {
    private static final List<String> PROGRAMS = List.of("pulpo", "ulp");

    private static final Map<String, String> LIBPULP_STATUSES = ordered(
            "0", "success; of check: the patch is not applied",
            "1", "failure; of check: the patch is applied", "64", "wrong usage", "255", "check could not tell");

    private static final Map<String, String> ENVIRONMENT = ordered(
            "PULPO_CACHE",
            "The directory of the stub and of other files that processes load. Nobody but root and the user "
                    + "may be able to change it.",
            "XDG_CACHE_HOME",
            "If PULPO_CACHE is not set, users other than root have the cache in the directory pulpo below "
                    + "this one.",
            "PULPO_TRACE", "If it is 1, an unforeseen failure prints its stack trace.",
            "CC, CXX", "The compilers that pulpo build runs.");

    private static final Map<String, String> FILES = ordered(
            "/var/cache/pulpo", "The cache, if root is the user. Running processes keep what they have loaded from it.",
            "~/.cache/pulpo", "The cache of other users.");

    private static final List<Example> EXAMPLES = Example.all();

    private ManPages() {}

    /** Writes {@code pulpo.1}, {@code pulpo-apply.1} and so on into a directory. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            Terminal.err().println("usage: manpages DIRECTORY");
            System.exit(2);
        }
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        for (Map.Entry<String, String> page : pages(List.of(Pulpo.commandLine(), Ulp.commandLine())).entrySet()) {
            Files.writeString(directory.resolve(page.getKey()), page.getValue());
        }
    }

    /** A map in the order of the arguments, which are keys and values by turns. */
    private static Map<String, String> ordered(String... pairs) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < pairs.length; i += 2) {
            map.put(pairs[i], pairs[i + 1]);
        }
        return map;
    }

    /** The pages by their file names. */
    static Map<String, String> pages(List<CommandLine> lines) {
        Map<String, String> pages = new TreeMap<>();
        for (CommandLine line : lines) {
            pages.put(line.getCommandName() + ".1", page(line.getCommandSpec()));
            line.getSubcommands().values().forEach(command -> pages.put(
                    line.getCommandName() + "-" + command.getCommandName() + ".1", page(command.getCommandSpec())));
        }
        return pages;
    }

    private static String page(CommandSpec command) {
        String name = command.qualifiedName("-");
        StringBuilder page = new StringBuilder(".TH " + name.toUpperCase(Locale.ROOT) + " 1 \"\" \"Pulpo "
                + BuildVersion.text() + "\"\n");
        String description = String.join(" ", command.usageMessage().description());
        page.append(".SH NAME\n").append(text(name)).append(" \\- ").append(text(firstSentence(description)))
                .append('\n');
        page.append(".SH SYNOPSIS\n.B ").append(text(command.qualifiedName(" "))).append("\n[\\fIOPTION\\fR...]");
        if (!command.subcommands().isEmpty()) {
            page.append(" \\fICOMMAND\\fR ...");
        }
        command.positionalParameters().forEach(parameter -> page.append(' ').append(parameter(parameter)));
        page.append("\n.SH DESCRIPTION\n").append(text(description)).append('\n');
        entries(page, "COMMANDS", command.subcommands().values().stream().distinct()
                .map(sub -> entry("\\fB" + text(sub.getCommandName()) + "\\fR",
                        sub.getCommandSpec().usageMessage().description())));
        entries(page, "ARGUMENTS", command.positionalParameters().stream()
                .map(parameter -> entry(parameter(parameter), parameter.description())));
        entries(page, "OPTIONS", command.options().stream().filter(option -> !option.hidden())
                .map(option -> entry(option(option), option.description())));
        entries(page, "EXIT STATUS", statuses(command).entrySet().stream()
                .map(status -> entry("\\fB" + status.getKey() + "\\fR", new String[]{status.getValue()})));
        entries(page, "ENVIRONMENT", ENVIRONMENT.entrySet().stream()
                .map(variable -> entry("\\fB" + variable.getKey() + "\\fR", new String[]{variable.getValue()})));
        entries(page, "FILES", FILES.entrySet().stream()
                .map(file -> entry("\\fI" + text(file.getKey()) + "\\fR", new String[]{file.getValue()})));
        entries(page, "EXAMPLES", EXAMPLES.stream().filter(example -> example.isOf(command)).map(Example::entry));
        page.append(".SH SEE ALSO\n").append(seeAlso(command)).append('\n');
        return page.toString();
    }

    /** Those of the command itself, of the program, or libpulp's. */
    private static Map<String, String> statuses(CommandSpec command) {
        Map<String, String> own = command.usageMessage().exitCodeList();
        if (!own.isEmpty()) {
            return own;
        }
        Map<String, String> ofProgram = command.root().usageMessage().exitCodeList();
        return ofProgram.isEmpty() ? LIBPULP_STATUSES : ofProgram;
    }

    /** Every command leads to its program, and a program to its commands and to the other program. */
    private static String seeAlso(CommandSpec command) {
        Stream<String> names = command.parent() != null
                ? Stream.of(command.root().name())
                : Stream.concat(
                        command.subcommands().values().stream().distinct()
                                .map(sub -> sub.getCommandSpec().qualifiedName("-")),
                        PROGRAMS.stream().filter(program -> !program.equals(command.name())));
        return Stream.concat(names.map(name -> "\\fB" + text(name) + "\\fR(1)"), Stream.of("\\fBptrace\\fR(2)"))
                .collect(Collectors.joining(",\n"));
    }

    private static String firstSentence(String description) {
        int end = description.indexOf(". ");
        String sentence = end < 0 ? description : description.substring(0, end);
        return sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
    }

    private static void entries(StringBuilder page, String heading, Stream<String> entries) {
        String all = entries.collect(Collectors.joining());
        if (!all.isEmpty()) {
            page.append(".SH ").append(heading).append('\n').append(all);
        }
    }

    private static String entry(String tag, String[] description) {
        return ".TP\n" + tag + "\n" + text(String.join(" ", description)) + "\n";
    }

    private static String option(OptionSpec option) {
        return Stream.of(option.names()).map(name -> "\\fB" + text(name) + "\\fR").collect(Collectors.joining(", "))
                + (option.arity().max() == 0 ? "" : " " + parameter(option));
    }

    private static String parameter(ArgSpec argument) {
        return "\\fI" + text(argument.paramLabel()) + "\\fR";
    }

    /** Escapes what roff interprets: the backslash, the hyphen, and a dot or quote at the beginning of a line. */
    static String text(String plain) {
        String escaped = plain.replace("%n", " ").replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
