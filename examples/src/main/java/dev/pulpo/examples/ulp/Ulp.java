package dev.pulpo.examples.ulp;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import picocli.CommandLine;

/** libpulp's command line: {@code ulp COMMAND …}. Options may come before the command. */
@CommandLine.Command(name = "ulp", description = "Userspace Live Patch tool.", synopsisSubcommandLabel = "COMMAND", version = Ulp.VERSION, subcommands = {
        Trigger.class, Patches.class, Check.class, Dump.class, Pack.class, Post.class, Messages.class,
        Livepatchable.class, SetPatchable.class, Extract.class})
public final class Ulp implements Runnable {
    static final String VERSION = "pulpo 0.1.0 (ulp)";

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

    /** Runs the command and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(execute(commandLine(), arguments));
    }

    static int execute(CommandLine line, String... arguments) {
        return line.execute(commandFirst(line, List.of(arguments)).toArray(String[]::new));
    }

    /** Gives another command line the commands that it has no like of. */
    public static void addTo(CommandLine other) {
        other.addSubcommand(new Trigger()).addSubcommand(new Check()).addSubcommand(new Dump())
                .addSubcommand(new Pack()).addSubcommand(new Post()).addSubcommand(new Livepatchable())
                .addSubcommand(new SetPatchable()).addSubcommand(new Extract());
    }

    /** The command line, ready to parse. */
    public static CommandLine commandLine() {
        return new CommandLine(new Ulp()).setExecutionExceptionHandler(Ulp::failed)
                .setParameterExceptionHandler(Ulp::misused);
    }

    /** The same arguments with the command in front: libpulp lets options come before it. */
    static List<String> commandFirst(CommandLine line, List<String> arguments) {
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (WITH_VALUE.contains(argument)) {
                i++;
            } else if (!argument.startsWith("-")) {
                List<String> moved = new ArrayList<>(arguments);
                if (line.getSubcommands().containsKey(argument)) {
                    moved.addFirst(moved.remove(i));
                }
                return moved;
            }
        }
        return arguments;
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
        return String.valueOf(mistake.getMessage());
    }

    private static int failed(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
        if (failure instanceof CommandLine.ParameterException mistake) {
            return misused(mistake, new String[0]);
        }
        if (line.getCommand() instanceof UlpCommand command) {
            command.warn(String.valueOf(failure.getMessage()));
            if (command.isVerbose()) {
                failure.printStackTrace(line.getErr());
            }
        }
        return FAILED;
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "Too few arguments.");
    }
}
