package dev.pulpo.engine.trace;

import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCalls;

/** The end of every stop: the thread goes on as if it had not been stopped. Allocates nothing. */
final class Release {
    private Release() {}

    /**
     * Detaches a stopped thread. Where the stop has ended a system call that the kernel does not restart by itself, and no
     * signal would have ended it anyway, the thread is made to repeat it.
     *
     * @param waits       for how long threads had waited before they were stopped
     * @param registers   of the thread, as they are; they may be changed
     * @param signal      what it was stopped with and is to get, or 0
     * @param interrupted when it was asked to stop, on the scale of {@link System#nanoTime}
     */
    static void detach(Ptrace ptrace, TimedWaits waits, int tid, Registers registers, int signal, long interrupted) {
        if (signal == 0 && SystemCalls.isInterruptedForGood(registers)
                && !ptrace.hasDeliverableSignal(tid, registers.origRax())) {
            waits.shorten(tid, registers, interrupted);
            SystemCalls.rewind(registers);
            // A failure means that the thread was killed, and then it does not matter where it would have gone on.
            ptrace.writeRegisters(tid, registers);
        }
        ptrace.detach(tid, signal);
    }
}
