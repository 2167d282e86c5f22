package dev.pulpo.engine.apply;

import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;

/** Brings the stub into a process. */
public final class InjectOperation {
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private InjectOperation() {}

    /** @return whether it had to be brought in */
    public static boolean run(int pid, long startTime, TraceeMemory memory) {
        try (Session session = Session.open(pid, startTime, memory)) {
            session.registry(System.nanoTime() + PATIENCE.toNanos());
            return session.injected();
        }
    }
}
