package dev.pulpo.examples.man;

import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.ulp.Ulp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
        StringBuilder page = new StringBuilder(".TH " + name.toUpperCase(java.util.Locale.ROOT) + " 1\n");
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
        Map<String, String> statuses = command.usageMessage().exitCodeList();
        entries(page, "EXIT STATUS", statuses.entrySet().stream()
                .map(status -> entry("\\fB" + status.getKey() + "\\fR", new String[]{status.getValue()})));
        return page.toString();
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
    private static String text(String plain) {
        String escaped = plain.replace("%n", " ").replace("\\", "\\e").replace("-", "\\-");
        return escaped.startsWith(".") || escaped.startsWith("'") ? "\\&" + escaped : escaped;
    }
}
