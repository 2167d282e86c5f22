package dev.pulpo.examples.cli;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Transition;
import java.time.Duration;
import java.util.Optional;
import picocli.CommandLine;

/** {@code pulpo transition}. */
@CommandLine.Command(name = "transition", description = "Shows which threads of a process have yet to change to a patch, or back from it; or ends that.")
final class TransitionCommand extends OnProcess {
    @CommandLine.ArgGroup
    private Wish wish = new Wish();

    @CommandLine.Option(names = "--timeout", paramLabel = "TIME", defaultValue = "5s", converter = When.DurationConverter.class, description = "how long to wait for threads, such as 200ms or 5s (default: ${DEFAULT-VALUE})")
    private Duration timeout = Duration.ofSeconds(5);

    /** What is to be done; nothing where none of these is given. */
    static final class Wish {
        @CommandLine.Option(names = "--wait", description = "wait until the last thread has changed")
        private boolean await;

        @CommandLine.Option(names = "--force", description = "let those that have not changed do so at once, wherever they are")
        private boolean force;

        @CommandLine.Option(names = "--cancel", description = "let those that have changed change back")
        private boolean cancel;
    }

    @Override
    int run(LiveProcess process) {
        if (!wish.await && !wish.force && !wish.cancel) {
            return show(process);
        }
        Outcome outcome = wish.force
                ? process.forceTransition()
                : wish.cancel ? process.reverseTransition(timeout) : process.awaitTransition(timeout);
        print(outcome.toString(), Json.of(outcome));
        return 0;
    }

    private int show(LiveProcess process) {
        Optional<Transition> transition = process.transition();
        print(transition.map(Transition::toString).orElse("no patch is in transition"),
                Json.object("pid", process.pid(), "transition", transition.<Object>map(Json::of).orElse("none")));
        return 0;
    }
}
