package dev.pulpo.engine.trace;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.SystemCallException;

/** Keeps other tools away from a process while this one traces it. */
public final class Exclusion {
    private Exclusion() {}

    /**
     * Takes the lock; closing it gives it back.
     *
     * @throws RefusedException where another tool is at work on the process
     */
    public static ProcessLock of(int pid) {
        return switch (tryLock(pid)) {
            case ProcessLock.Held held -> held.lock();
            case ProcessLock.Taken taken -> throw new RefusedException(pid, new Refusal.InUse(
                    taken.holder().isPresent()
                            ? "process " + taken.holder().getAsInt() + " (" + ProcFs.name(taken.holder().getAsInt())
                                    + ")"
                            : "its process id is not known here"));
        };
    }

    private static ProcessLock.Result tryLock(int pid) {
        try {
            return ProcessLock.tryLock(pid);
        } catch (SystemCallException e) {
            throw TargetGoneException.unlessLimited(pid, e);
        }
    }
}
