package dev.pulpo.engine.trace;

import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCalls;

/** The end of every stop: the thread continues as if it had not been stopped. Allocates nothing. */
public final class Release {
    private Release() {}

    /**
     * Detaches a stopped thread. If the stop ended a system call that the kernel does not restart, and no signal would have
     * ended it anyway, the thread repeats it.
     *
     * @param waits       how long threads had waited before they were stopped
     * @param registers   of the thread; they may be changed
     * @param signal      the signal to deliver, or 0
     * @param interrupted when it was asked to stop, on the scale of {@link System#nanoTime}
     */
    public static void detach(Ptrace ptrace, TimedWaits waits, int tid, Registers registers, int signal,
            long interrupted) {
        if (signal == 0 && SystemCalls.isInterruptedForGood(registers)
                && !ptrace.hasDeliverableSignal(tid, registers.origRax())) {
            waits.shorten(tid, registers, interrupted);
            SystemCalls.rewind(registers);
            // A failure means that the thread was killed, and then its registers do not matter.
            ptrace.writeRegisters(tid, registers);
        }
        ptrace.detach(tid, signal);
    }
}
