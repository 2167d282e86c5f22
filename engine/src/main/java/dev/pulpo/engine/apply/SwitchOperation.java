package dev.pulpo.engine.apply;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;

/** Switches patching of a process on or off. One store into the stub's state; nothing is stopped. */
public final class SwitchOperation {
    private SwitchOperation() {}

    /** @return whether that was a change */
    public static boolean run(int pid, long startTime, boolean patchable, TraceeMemory memory) {
        try (Session session = Session.open(pid, startTime, memory); Arena arena = Arena.ofConfined()) {
            if (session.image().stub().isEmpty()) {
                throw new RefusedException(pid, new Refusal.NoStub(pid));
            }
            StubState stub = session.readRegistry().stub();
            if (stub.isDisabled() != patchable) {
                return false;
            }
            memory.write(stub.field(StubLayout.FLAGS),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, stub.flags() ^ StubLayout.DISABLED));
            session.message("patching was switched " + (patchable ? "on" : "off"));
            return true;
        }
    }
}
