package dev.pulpo.engine.operation;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.target.Tracee;
import java.time.Duration;
import dev.pulpo.stub.StubLayout;

/** Switches patching of a process on or off, by one store into the stub's state. Stops nothing. */
public final class SwitchOperation {
    /** How long to wait for another operation on the process. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private SwitchOperation() {}

    /** @return whether that was a change */
    public static boolean run(Tracee tracee, boolean patchable) {
        try (Session session = Session.open(tracee, System.nanoTime() + PATIENCE.toNanos(), Warmup.begin())) {
            if (session.image().stub().isEmpty()) {
                throw new RefusedException(tracee.pid(), new Refusal.NoStub(tracee.pid()));
            }
            StubState stub = session.ledger().now().stub();
            if (stub.isDisabled() != patchable) {
                return false;
            }
            session.memory().writeLongs(stub.field(StubLayout.FLAGS), stub.flags() ^ StubLayout.DISABLED);
            session.message("patching was switched " + (patchable ? "on" : "off"));
            return true;
        }
    }
}
