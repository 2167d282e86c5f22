package dev.pulpo.examples.ulp;

import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.Mark;
import dev.pulpo.examples.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** The options and the output that all commands of libpulp share. */
@CommandLine.Command(versionProvider = Ulp.Version.class)
abstract class UlpCommand implements Callable<Integer> {
    private static final Set<String> COLOURS = Set.of("yes", "y", "no", "n", "auto");

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @CommandLine.Option(names = {"-v", "--verbose"}, description = "Produce verbose output")
    private boolean verbose;

    @CommandLine.Option(names = {"-q", "--quiet"}, description = "Don't produce any output")
    private boolean quiet;

    @CommandLine.Option(names = "--color", paramLabel = "yes/no/auto", description = "Enable/disable colored messages")
    private String colour = "auto";

    @SuppressWarnings("UnusedVariable") // picocli looks at the option itself
    @CommandLine.Option(names = {"-?", "--help", "--usage"}, usageHelp = true, description = "Give this help list")
    private boolean help;

    @SuppressWarnings("UnusedVariable") // as above
    @CommandLine.Option(names = {"-V", "--version"}, versionHelp = true, description = "Print program version")
    private boolean version;

    @Override
    public Integer call() throws Exception {
        if (!COLOURS.contains(colour)) {
            throw usage("--color is yes, no or auto; got " + colour + ".");
        }
        if (quiet && verbose) {
            throw usage("You must specify either '-v' or '-q' or none.");
        }
        return run();
    }

    /** Does the work and returns the exit status. */
    abstract int run() throws Exception;

    /** Whether to end with Pulpo's exit statuses instead of libpulp's. */
    boolean isTruthful() {
        return !(spec.root().userObject() instanceof Ulp);
    }

    boolean isVerbose() {
        return verbose;
    }

    boolean isQuiet() {
        return quiet;
    }

    PrintWriter out() {
        return spec.commandLine().getOut();
    }

    /** Prints a line with the time on the standard error stream, unless {@code --quiet} is set. */
    void warn(String message) {
        if (!quiet) {
            PrintWriter err = spec.commandLine().getErr();
            err.println(
                    "[" + LocalDateTime.now(ZoneId.systemDefault())
                            .format(DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT))
                            + "] ulp: " + message);
            err.flush();
        }
    }

    /** Prints the stack trace of a fault in Pulpo, if the user wants it. */
    void trace(Throwable failure) {
        if (Unforeseen.is(failure)) {
            Unforeseen.trace(failure, spec.commandLine().getErr());
        }
    }

    /** As {@link #warn}, only with {@code --verbose}. */
    void detail(String message) {
        if (verbose) {
            warn(message);
        }
    }

    /** The text in a colour, if colours are enabled. */
    String coloured(Mark wanted, String text) {
        return isColoured() ? wanted.around(text) : text;
    }

    private boolean isColoured() {
        return switch (colour) {
            case "no", "n" -> false;
            case "auto" -> System.getenv("NO_COLOR") == null && Terminal.isTerminal(Terminal.OUTPUT)
                    && !"dumb".equals(System.getenv().getOrDefault("TERM", "dumb"));
            default -> true;
        };
    }

    /** An error in the arguments. */
    CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }

    /** Why a file could not be read or written, in libpulp's words if it has any. */
    static String reason(IOException e) {
        return e instanceof java.nio.file.NoSuchFileException
                ? "No such file or directory"
                : e instanceof java.nio.file.AccessDeniedException
                        ? "Permission denied"
                        : FailureText.of(e);
    }
}
