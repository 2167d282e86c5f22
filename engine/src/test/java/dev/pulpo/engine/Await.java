package dev.pulpo.engine;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.time.Duration;

/** Waits for a fact. How long that takes is the machine's business; a minute says that it never comes. */
final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    private Await() {}

    /** What is true or not yet. */
    interface Fact {
        boolean isTrue() throws Exception;
    }

    /** Kills a process, and waits until it has ended: a signal is only sent, and what is written meanwhile still arrives. */
    static void killed(int pid) {
        Processes.kill(pid, Signals.SIGKILL);
        try {
            that("the process has ended",
                    () -> ProcFs.threads(pid).stream().allMatch(tid -> ProcFs.isZombie(pid, tid)));
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static void that(String what, Fact fact) throws Exception {
        long began = System.nanoTime();
        while (!fact.isTrue()) {
            if (Duration.ofNanos(System.nanoTime() - began).compareTo(PATIENCE) >= 0) {
                // No library for tests is on the class path of programs such as CallbackSweep.
                throw new AssertionError("not within " + PATIENCE + ": " + what);
            }
            Thread.onSpinWait();
        }
    }
}
