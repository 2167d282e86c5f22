package dev.pulpo.examples.terminal;

import java.util.List;
import java.util.Set;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Mistakes in arguments that picocli does not find, and how all of them are worded. */
public final class UsageMistakes {
    /** Labels of arguments for another program, which may be empty. */
    private static final Set<String> ARGUMENTS_OF_OTHERS = Set.of("CMD", "OPTION");

    private UsageMistakes() {}

    /**
     * Refuses empty values. A script's unset variable names no process, user or file: without this it would count as an
     * option that is not there, and {@code trigger -p ""} would mean all processes.
     *
     * @throws CommandLine.ParameterException if an option or argument of any command is empty or blank
     */
    public static void refuseEmpty(CommandLine.ParseResult parsed) {
        for (CommandLine.ParseResult each = parsed; each != null; each = each.subcommand()) {
            CommandLine line = each.commandSpec().commandLine();
            each.matchedOptions().forEach(option -> refuseEmpty(line, option));
            each.matchedPositionals().stream()
                    .filter(positional -> !ARGUMENTS_OF_OTHERS.contains(positional.paramLabel()))
                    .forEach(positional -> refuseEmpty(line, positional));
        }
    }

    private static void refuseEmpty(CommandLine line, ArgSpec argument) {
        if (argument.arity().max() > 0 && argument.originalStringValues().stream().anyMatch(String::isBlank)) {
            throw new CommandLine.ParameterException(line, argument instanceof OptionSpec option
                    ? "the value of " + option.longestName() + " is empty"
                    : "an argument " + argument.paramLabel() + " is empty");
        }
    }

    /** A mistake in one line, with the names that may have been meant. */
    public static String message(CommandLine.ParameterException mistake) {
        String message = String.valueOf(mistake.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ");
        List<String> likely = mistake instanceof CommandLine.UnmatchedArgumentException unmatched
                ? unmatched.getSuggestions().stream().map(UsageMistakes::firstWord).distinct().toList()
                : List.of();
        return likely.isEmpty() || message.contains("did you mean")
                ? message
                : message + "; did you mean " + String.join(" or ", likely) + "?";
    }

    /** Suggestions of options come with the labels of their values. */
    private static String firstWord(String suggestion) {
        return suggestion.split("[ =\\[]", 2)[0];
    }
}
