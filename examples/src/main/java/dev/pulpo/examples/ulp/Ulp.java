package dev.pulpo.examples.ulp;

import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.exit.HeadStart;
import dev.pulpo.examples.exit.SignalEnd;
import dev.pulpo.examples.terminal.Arguments;
import dev.pulpo.examples.terminal.BuildVersion;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.terminal.UsageMistakes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine;

/** libpulp's command line: {@code ulp COMMAND …}. Options may come before the command. */
@CommandLine.Command(name = "ulp", description = "Userspace Live Patch tool.", synopsisSubcommandLabel = "COMMAND", versionProvider = Ulp.Version.class)
public final class Ulp implements Runnable {
    /** EX_USAGE of sysexits.h, with which argp(3) ends. */
    static final int USAGE = 64;
    static final int FAILED = 1;

    private static final Set<String> WITH_VALUE = Set.of("-p", "--process", "-u", "--user", "-r", "--retries", "-R",
            "--root", "-o", "--output", "-l", "--livepatch", "-t", "--target", "-d", "--with-debuginfo", "--timeout",
            "--revert-all", "--color", "--allow");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @SuppressWarnings("UnusedVariable") // picocli looks at the option itself
    @CommandLine.Option(names = {"-?", "--help", "--usage"}, usageHelp = true, description = "Give this help list")
    private boolean help;

    @SuppressWarnings("UnusedVariable") // as above
    @CommandLine.Option(names = {"-V", "--version"}, versionHelp = true, description = "Print program version")
    private boolean version;

    /** What {@code --version} prints. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{"pulpo " + BuildVersion.text() + " (ulp)"};
        }
    }

    /** Runs the command and exits with its status. */
    public static void main(String[] arguments) {
        String[] ordered = commandFirst(Arguments.of(arguments));
        Unforeseen.reportThoseOfThreads();
        HeadStart.begin(ordered);
        int status = SignalEnd.run(ordered.length == 0 ? "" : ordered[0],
                () -> commandLine(ordered).execute(ordered));
        Optional<String> lost = Terminal.failure();
        lost.ifPresent(reason -> Terminal.err().println("ulp: " + reason));
        ExitStatus.end(lost.isPresent() ? FAILED : status);
    }

    static int execute(CommandLine line, String... arguments) {
        return line.execute(commandFirst(arguments));
    }

    /** The commands that {@code pulpo} takes from here. */
    public static CommandTable ownCommands() {
        return new CommandTable().with("trigger", Trigger.class).with("check", Check.class).with("dump", Dump.class)
                .with("packer", Packing.class).with("post", Post.class).with("livepatchable", Livepatchable.class)
                .with("set_patchable", SetPatchable.class).with("extract", Extract.class);
    }

    private static CommandTable commands() {
        return new CommandTable().with("trigger", Trigger.class).with("patches", UlpPatches.class)
                .with("messages", UlpMessages.class)
                .with(ownCommands());
    }

    /**
     * The command line, ready to parse.
     *
     * @param arguments what it will parse, the command first, if known: only that command is then created
     */
    public static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new Ulp());
        commands().addTo(line, arguments);
        return Terminal.connect(line).setAbbreviatedOptionsAllowed(true).setExecutionStrategy(Unforeseen::execute)
                .setExecutionExceptionHandler(Ulp::failed)
                .setParameterExceptionHandler(Ulp::misused);
    }

    /** The same arguments, the command first: libpulp lets options come before the command. */
    static String[] commandFirst(String... arguments) {
        CommandTable commands = commands();
        for (int i = 0; i < arguments.length; i++) {
            String argument = arguments[i];
            if (takesValue(argument)) {
                i++;
            } else if (!argument.startsWith("-")) {
                List<String> moved = new ArrayList<>(List.of(arguments));
                if (commands.has(argument)) {
                    moved.addFirst(moved.remove(i));
                }
                return moved.toArray(String[]::new);
            }
        }
        return arguments;
    }

    /** Long options may be abbreviated, as argp(3) has it, as long as they are unambiguous. */
    private static boolean takesValue(String argument) {
        return WITH_VALUE.contains(argument) || argument.startsWith("--") && !argument.equals("--revert")
                && argument.length() > 2
                && WITH_VALUE.stream().filter(option -> option.startsWith(argument)).count() == 1;
    }

    private static int misused(CommandLine.ParameterException mistake, String[] arguments) {
        CommandLine line = mistake.getCommandLine();
        line.getErr().println("ulp: " + message(mistake) + "\nTry `ulp --help' or `ulp --usage' for more information.");
        line.getErr().flush();
        return USAGE;
    }

    private static String message(CommandLine.ParameterException mistake) {
        if (mistake instanceof CommandLine.MissingParameterException) {
            return "Too few arguments.";
        }
        if (mistake instanceof CommandLine.UnmatchedArgumentException unmatched
                && !unmatched.getUnmatched().getFirst().startsWith("-")) {
            return mistake.getCommandLine().getCommand() instanceof Ulp
                    ? "Invalid command: " + unmatched.getUnmatched().getFirst() + "."
                    : "Too many arguments.";
        }
        return UsageMistakes.message(mistake);
    }

    private static int failed(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
        if (failure instanceof CommandLine.ParameterException mistake) {
            return misused(mistake, new String[0]);
        }
        if (failure instanceof PatternSyntaxException wildcard) {
            return misused(new CommandLine.ParameterException(line, String.valueOf(wildcard.getMessage())),
                    new String[0]);
        }
        if (line.getCommand() instanceof UlpCommand command) {
            command.warn(Unforeseen.words(failure));
            if (Unforeseen.is(failure)) {
                Unforeseen.trace(failure, line.getErr());
            }
        }
        if (failure instanceof InterruptedException) {
            return ExitStatus.INTERRUPTED;
        }
        return FAILED;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Too few arguments.");
    }
}
