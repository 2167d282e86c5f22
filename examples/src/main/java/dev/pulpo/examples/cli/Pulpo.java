package dev.pulpo.examples.cli;

import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.exit.HeadStart;
import dev.pulpo.examples.exit.SignalEnd;
import dev.pulpo.examples.terminal.Arguments;
import dev.pulpo.examples.terminal.BuildVersion;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.ulp.CommandTable;
import dev.pulpo.examples.ulp.Ulp;
import java.util.Optional;
import picocli.CommandLine;

/** The command line: {@code pulpo COMMAND …}. */
@CommandLine.Command(name = "pulpo", description = "Patches running processes.", synopsisSubcommandLabel = "COMMAND", mixinStandardHelpOptions = true, versionProvider = Pulpo.Version.class, exitCodeListHeading = "%nExit status:%n", exitCodeList = {
        "0:everything that was asked for is in force", "1:any failure that is not listed here",
        "2:wrong usage", "3:refused; nothing has changed", "4:threads blocked the change until the deadline",
        "5:the process is gone",
        "6:in transition: some threads have not changed yet",
        "128+N:ended by signal N, SIGINT or SIGTERM; nothing has changed, or the change was complete"})
public final class Pulpo implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    /** What {@code --version} prints. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[]{"pulpo " + BuildVersion.text()};
        }
    }

    /** Runs the command and exits with its status. */
    public static void main(String[] arguments) {
        Unforeseen.reportThoseOfThreads();
        String[] typed = Arguments.of(arguments);
        HeadStart.begin(typed);
        int status = SignalEnd.run(typed.length == 0 ? "" : typed[0], () -> commandLine(typed).execute(typed));
        Optional<String> lost = Terminal.failure();
        lost.ifPresent(reason -> Terminal.err().println("pulpo: " + reason));
        ExitStatus.end(lost.isPresent() ? ExitStatus.OTHER : status);
    }

    private static CommandTable commands() {
        return new CommandTable().with("run", Run.class).with("inject", Inject.class).with("plan", Plan.class)
                .with("apply", Apply.class).with("revert", Revert.class).with("transition", TransitionCommand.class)
                .with("probe", ProbeCommand.class)
                .with("patches", Patches.class).with("messages", Messages.class).with("stack", Stack.class)
                .with("print", Print.class).with("where", Where.class).with("disassemble", Disassemble.class)
                .with("layout", Layout.class).with("pack", Pack.class)
                .with("build", Build.class).with("preflight", PreflightCommand.class).with("diff", Diff.class)
                .with("outdated", Outdated.class).with("update", Update.class).with("accept", Accept.class)
                .with("withdraw", Withdraw.class).with("status", Status.class)
                .with("restore", Restore.class).with("watch", Watch.class).with("stub", Stub.class)
                .with(Ulp.ownCommands());
    }

    /**
     * The command line, ready to parse.
     *
     * @param arguments what it will parse, if known: only the command that they name is then created
     */
    public static CommandLine commandLine(String... arguments) {
        CommandLine line = new CommandLine(new Pulpo());
        commands().addTo(line, arguments);
        return Terminal.connect(line).setExecutionStrategy(Unforeseen::execute)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setExecutionExceptionHandler(new Failures()).setParameterExceptionHandler(Failures::usage);
    }

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "a command is missing");
    }
}
