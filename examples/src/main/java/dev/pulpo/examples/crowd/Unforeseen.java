package dev.pulpo.examples.crowd;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.terminal.UsageMistakes;
import dev.pulpo.ffm.SystemCallException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Unexpected failures, which are faults in Pulpo. Users get one line. The stack trace is printed only on request, because it
 * may contain text from another user's process.
 */
public final class Unforeseen {
    private static final String VARIABLE = "PULPO_TRACE";

    private Unforeseen() {}

    /** Whether a failure is unexpected, so that its own message is not enough. */
    public static boolean is(Throwable failure) {
        return !(failure instanceof PulpoException || failure instanceof MalformedElfException
                || failure instanceof NotDoneException || failure instanceof IOException
                || failure instanceof UncheckedIOException || failure instanceof InterruptedException
                || failure instanceof SystemCallException call && call.isLimitHit());
    }

    /** The message of a failure for users; one line if it is unexpected. */
    public static String words(Throwable failure) {
        return is(failure) ? message(failure) : FailureText.of(failure);
    }

    /** As {@link #words}, without the name of the process. */
    public static String words(int pid, Throwable failure) {
        String words = words(failure);
        String prefix = "process " + pid + ": ";
        return words.startsWith(prefix) ? words.substring(prefix.length()) : words;
    }

    /** The message of an unexpected failure, in one line. */
    public static String message(Throwable failure) {
        Throwable shown = failure instanceof ExecutionException wrapper && wrapper.getCause() != null
                ? wrapper.getCause()
                : failure;
        return "internal error: " + RawText.asData(shown.toString())
                + (isTraced() ? "" : "; " + VARIABLE + "=1 in the environment prints where");
    }

    /** Prints the stack trace of an unexpected failure, if the user wants it. */
    public static void trace(Throwable failure, PrintWriter err) {
        if (isTraced()) {
            err.print(FailureText.trace(failure));
            err.flush();
        }
    }

    private static boolean isTraced() {
        @Nullable
        String wanted = System.getenv(VARIABLE);
        return wanted != null && !wanted.isEmpty() && !wanted.equals("0");
    }

    /** Runs a command. Also handles errors of the JVM, which picocli lets through. */
    public static int execute(CommandLine.ParseResult parsed) {
        UsageMistakes.refuseEmpty(parsed);
        try {
            return new CommandLine.RunLast().execute(parsed);
        } catch (VirtualMachineError | LinkageError | AssertionError failure) {
            CommandLine.ParseResult last = parsed;
            while (last.hasSubcommand()) {
                last = last.subcommand();
            }
            throw new CommandLine.ExecutionException(last.commandSpec().commandLine(), message(failure),
                    new ExecutionException(failure));
        }
    }

    /** Also prints such a line for uncaught failures of other threads. */
    public static void reportThoseOfThreads() {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            Terminal.err().println("pulpo: " + thread.getName() + ": " + message(failure));
            trace(failure, Terminal.err());
            Terminal.err().flush();
        });
    }
}
