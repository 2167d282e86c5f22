package dev.pulpo.examples.crowd;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.ffm.SystemCallException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;

/**
 * Failures that nobody has foreseen: faults of Pulpo's. Users get a line that says so. The stack trace is for those who ask
 * for it, since what is in it may come from a process that is somebody else's.
 */
public final class Unforeseen {
    private static final String VARIABLE = "PULPO_TRACE";

    private Unforeseen() {}

    /** Whether a failure's own message does not tell the user all that there is to know. */
    public static boolean is(Throwable failure) {
        return !(failure instanceof PulpoException || failure instanceof MalformedElfException
                || failure instanceof NotDoneException || failure instanceof IOException
                || failure instanceof UncheckedIOException
                || failure instanceof SystemCallException call && call.isLimitHit());
    }

    /** What to tell users of a failure; in one line where it is unforeseen. */
    public static String words(Throwable failure) {
        return is(failure) ? message(failure) : FailureText.of(failure);
    }

    /** As {@link #words}, in a sentence that has named the process already. */
    public static String words(int pid, Throwable failure) {
        String words = words(failure);
        String prefix = "process " + pid + ": ";
        return words.startsWith(prefix) ? words.substring(prefix.length()) : words;
    }

    /** What to tell users of such a failure, in one line. */
    public static String message(Throwable failure) {
        Throwable shown = failure instanceof ExecutionException wrapper && wrapper.getCause() != null
                ? wrapper.getCause()
                : failure;
        return "internal error: " + RawText.asData(shown.toString())
                + (isTraced() ? "" : "; " + VARIABLE + "=1 in the environment prints where");
    }

    /** Prints the stack trace of such a failure where the user wants it. */
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

    /** Runs a command. An error of the JVM, which picocli lets through, ends it as other failures do. */
    public static int execute(CommandLine.ParseResult parsed) {
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

    /** Has threads that nobody waits for end with such a line, too. */
    public static void reportThoseOfThreads() {
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            Terminal.err().println("pulpo: " + thread.getName() + ": " + message(failure));
            trace(failure, Terminal.err());
            Terminal.err().flush();
        });
    }
}
