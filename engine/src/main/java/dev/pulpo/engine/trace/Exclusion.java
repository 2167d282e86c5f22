package dev.pulpo.engine.trace;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.SystemCallException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Keeps other tools away from a process while this one traces it. */
public final class Exclusion {
    /**
     * What a tool has started has the lock, too, until it executes its program. Where the tool is killed just then, the lock
     * is held for that long by nobody who is at work.
     */
    private static final long DEAD_HOLDER_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long RETRY_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private Exclusion() {}

    /**
     * Takes the lock; closing it gives it back.
     *
     * @throws RefusedException where another tool is at work on the process
     */
    public static ProcessLock of(int pid) {
        long patience = System.nanoTime() + DEAD_HOLDER_NANOS;
        ProcessLock.Result result = tryLock(pid);
        while (result instanceof ProcessLock.Taken taken && hasEnded(taken) && System.nanoTime() - patience < 0) {
            LockSupport.parkNanos(RETRY_NANOS);
            result = tryLock(pid);
        }
        return switch (result) {
            case ProcessLock.Held held -> held.lock();
            case ProcessLock.Taken taken -> throw new RefusedException(pid, new Refusal.InUse(
                    taken.holder().isPresent()
                            ? "process " + taken.holder().getAsInt() + " (" + ProcFs.name(taken.holder().getAsInt())
                                    + ")"
                            : "its process id is not known here"));
        };
    }

    /** Of a holder in another pid namespace the kernel tells no id; it lives for all that is known. */
    private static boolean hasEnded(ProcessLock.Taken taken) {
        return taken.holder().isPresent() && taken.holder().getAsInt() > 0
                && !Files.exists(Path.of("/proc", Integer.toString(taken.holder().getAsInt())));
    }

    private static ProcessLock.Result tryLock(int pid) {
        try {
            return ProcessLock.tryLock(pid);
        } catch (SystemCallException e) {
            throw TargetGoneException.unlessLimited(pid, e);
        }
    }
}
