package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Transition;
import dev.pulpo.examples.terminal.RemedyOptions;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;

/** {@code pulpo transition}. */
@CommandLine.Command(name = "transition", description = "Shows the threads of a process that have not changed to a patch, or back from it. Can end the transition.")
final class TransitionCommand extends OnProcess {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(5);

    @CommandLine.ArgGroup
    private Action action = new Action();

    @CommandLine.Option(names = "--timeout", paramLabel = "TIME", converter = When.DurationConverter.class, description = "with --wait or --cancel: how long to wait for threads, such as 200ms or 5s (default: 5s)")
    private Optional<Duration> limit = Optional.empty();

    /** What to do; without any of these, only show the transition. */
    static final class Action {
        @CommandLine.Option(names = "--wait", description = "wait until the last thread has changed")
        private boolean await;

        @CommandLine.Option(names = "--force", description = "change the remaining threads at once, wherever they are")
        private boolean force;

        @CommandLine.Option(names = "--cancel", description = "let the threads that have changed change back")
        private boolean cancel;
    }

    @Override
    int run(LiveProcess process) {
        if (limit.isPresent() && !action.await && !action.cancel) {
            throw usage("--timeout is for --wait and --cancel, which wait for threads");
        }
        Duration timeout = limit.orElse(DEFAULT_TIMEOUT);
        if (!action.await && !action.force && !action.cancel) {
            return show(process);
        }
        Outcome outcome = action.force
                ? process.forceTransition()
                : action.cancel ? process.reverseTransition(timeout) : process.awaitTransition(timeout);
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private int show(LiveProcess process) {
        Optional<Transition> transition = process.transition();
        print(transition.map(behind -> behind.text(RemedyOptions.WORDING)).orElse("no patch is in transition"),
                Json.object("pid", process.pid(), "transition", transition.<Object>map(Json::of).orElse("none")));
        return 0;
    }
}
