package dev.pulpo.engine.operation;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.Tracee;
import java.time.Duration;

/** Adds a line to the message log of a process that has the stub. Stops nothing. */
public final class NoteOperation {
    private static final Duration PATIENCE = Duration.ofSeconds(1);

    private NoteOperation() {}

    /** @return whether the process has a log */
    public static boolean run(Tracee tracee, String text) {
        try (Session session = Session.open(tracee, System.nanoTime() + PATIENCE.toNanos(), Warmup.begin())) {
            session.message(text);
            return session.image().stub().isPresent();
        }
    }
}
