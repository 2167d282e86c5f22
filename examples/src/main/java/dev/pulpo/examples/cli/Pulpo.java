package dev.pulpo.examples.cli;

import dev.pulpo.examples.ulp.Ulp;
import picocli.CommandLine;

/** The command line: {@code pulpo COMMAND …}. */
@CommandLine.Command(name = "pulpo", description = "Patches running processes.", synopsisSubcommandLabel = "COMMAND", mixinStandardHelpOptions = true, version = Pulpo.VERSION, exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:everything that was asked for is in force", "1:any failure that is not listed here",
        "2:wrong usage", "3:refused; nothing has changed", "4:threads stood in the way until the deadline",
        "5:the process is gone",
        "6:in transition: some threads have yet to change, and will when they can"}, subcommands = {Run.class,
                Inject.class, Plan.class, Apply.class, Revert.class,
                TransitionCommand.class, Patches.class, Messages.class, Stack.class, Where.class, Layout.class,
                Pack.class, Build.class,
                PreflightCommand.class,
                Diff.class,
                Stub.class})
public final class Pulpo implements Runnable {
    static final String VERSION = "pulpo 0.1.0";

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    /** Runs the command and exits with its status. */
    public static void main(String[] arguments) {
        System.exit(commandLine().execute(arguments));
    }

    /** The command line, ready to parse. */
    public static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Pulpo());
        Ulp.addTo(line);
        return line.setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new Failures()).setParameterExceptionHandler(Failures::usage);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
