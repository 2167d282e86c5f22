package dev.pulpo.engine.operation;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.Tracee;
import java.time.Duration;

/** Loads the stub into a process. */
public final class InjectOperation {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    private InjectOperation() {}

    /** @return whether it was missing */
    public static boolean run(Tracee tracee) {
        try (Session session = Session.open(tracee, System.nanoTime() + TIMEOUT.toNanos(), Warmup.begin())) {
            session.ensureStub();
            return session.injected();
        }
    }
}
