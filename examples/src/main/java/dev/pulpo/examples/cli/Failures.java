package dev.pulpo.examples.cli;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.InTransitionException;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.examples.terminal.UsageMistakes;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine;

/** Turns exceptions into exit statuses and messages. */
final class Failures implements CommandLine.IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception failure, CommandLine line, CommandLine.ParseResult parsed) {
        if (failure instanceof CommandLine.ParameterException usage) {
            return usage(usage, new String[0]);
        }
        if (failure instanceof PatternSyntaxException wildcard) {
            return usage(new CommandLine.ParameterException(line, String.valueOf(wildcard.getMessage())),
                    new String[0]);
        }
        int status = status(failure);
        Object command = line.getCommand();
        if (command instanceof Command running) {
            running.endProgress();
        }
        if (command instanceof Command asked && asked.json()) {
            asked.print("", describe(failure, status));
        }
        line.getErr().println("pulpo: " + message(failure));
        line.getErr().flush();
        if (isUnforeseen(failure)) {
            Unforeseen.trace(failure, line.getErr());
        }
        return status;
    }

    /** Prints what is wrong with the arguments, in one line. */
    static int usage(CommandLine.ParameterException mistake, String[] arguments) {
        CommandLine line = mistake.getCommandLine();
        String message = UsageMistakes.message(mistake);
        if (line.getCommand() instanceof Command && isJson(line, arguments)) {
            line.getOut().println(Json.write(Json.object("outcome", "wrong usage", "message", message)));
            line.getOut().flush();
        }
        line.getErr().println("pulpo: " + message + " (" + line.getCommandSpec().qualifiedName() + " --help)");
        line.getErr().flush();
        return ExitStatus.USAGE;
    }

    /** Where the mistake kept the option from being read, the arguments tell. */
    private static boolean isJson(CommandLine line, String... arguments) {
        return line.getCommand() instanceof Command asked && asked.json()
                || List.of(arguments).contains("--json");
    }

    private static int status(Exception failure) {
        return failure instanceof Patches.NoSuchProcess
                ? ExitStatus.GONE
                : failure instanceof InterruptedException ? ExitStatus.INTERRUPTED : ExitStatus.of(failure);
    }

    private static String word(int status) {
        return switch (status) {
            case ExitStatus.REFUSED -> "refused";
            case ExitStatus.BLOCKED -> "blocked";
            case ExitStatus.GONE -> "gone";
            case ExitStatus.IN_TRANSITION -> "in transition";
            case ExitStatus.INTERRUPTED -> "interrupted";
            default -> "failed";
        };
    }

    private static boolean isUnforeseen(Throwable failure) {
        return !(failure instanceof Patches.NoSuchProcess) && Unforeseen.is(failure);
    }

    static String message(Throwable failure) {
        return isUnforeseen(failure) ? Unforeseen.message(failure) : FailureText.of(failure);
    }

    /** A failure as JSON. */
    static Map<String, Object> describe(Throwable failure, int status) {
        Map<String, Object> object = new LinkedHashMap<>();
        object.put("outcome", word(status));
        object.put("message", message(failure));
        if (failure instanceof PulpoException pulpo) {
            object.put("pid", pulpo.pid());
        }
        if (failure instanceof RefusedException refused) {
            object.put("refusals", refused.refusals().stream().map(Failures::describe).toList());
        }
        if (failure instanceof BlockedException blocked) {
            object.put("blockers", blocked.blockers().stream().map(Failures::describe).toList());
        }
        if (failure instanceof InTransitionException changing) {
            object.put("transition", Json.of(changing.transition()));
        }
        if (failure instanceof PauseExceededException tooLong) {
            object.put("maxPauseMicros", tooLong.maxPause().toNanos() / 1000);
            object.put("shortestStopMicros", tooLong.shortest().toNanos() / 1000);
            object.put("releasedAsTooLong", tooLong.attempts());
        }
        if (failure instanceof TargetBusyException busy) {
            object.put("threads", List.copyOf(busy.threads()));
        }
        return object;
    }

    static Map<String, Object> describe(Refusal refusal) {
        return Json.object("kind", refusal.getClass().getSimpleName(), "message",
                refusal.message(RemedyOptions.WORDING));
    }

    static Map<String, Object> describe(Blocker blocker) {
        BlockingThread thread = blocker.thread();
        return Json.object("kind", blocker.getClass().getSimpleName(), "tid", blocker.tid(), "name", thread.name(),
                "reason", blocker.reason(), "systemCall", thread.systemCall().orElse(""), "stack", thread.stack(),
                "frame", thread.frame(), "since", thread.since().toString(), "blockingMillis",
                thread.blocking().toMillis(), "looks", thread.looks(), "remedy",
                RemedyOptions.WORDING.say(blocker.remedies()), "message",
                blocker.message(RemedyOptions.WORDING));
    }
}
