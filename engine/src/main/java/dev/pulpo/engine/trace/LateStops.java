package dev.pulpo.engine.trace;

import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.Pause;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.WaitStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Threads that were asked to stop and did not in time: the machine is crowded, or they wait in the kernel. Each will stop
 * some time, perhaps with a lock in its hands that a borrowed thread waits for, so whoever waits looks after them. To be
 * used on the tracer thread.
 */
final class LateStops {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long PAUSE_NANOS = 200_000;

    private final Ptrace ptrace;
    private final TimedWaits waits;
    private final Pause pause;
    private final Registers registers;
    private final Map<Integer, Long> interrupted = new HashMap<>();

    LateStops(Ptrace ptrace, TimedWaits waits, Pause pause, Registers registers) {
        this.ptrace = ptrace;
        this.waits = waits;
        this.pause = pause;
        this.registers = registers;
    }

    /** @param since when it was asked to stop, on the scale of {@link System#nanoTime} */
    void add(int tid, long since) {
        interrupted.put(tid, since);
    }

    boolean isEmpty() {
        return interrupted.isEmpty();
    }

    boolean contains(int tid) {
        return interrupted.containsKey(tid);
    }

    /** Lets go of those that have stopped by now. */
    void release() {
        if (!interrupted.isEmpty()) {
            interrupted.keySet().removeIf(this::isReleased);
        }
    }

    /**
     * Lets go of them as they stop, before their tracer ends: the kernel, which then lets go of the others, has no call
     * repeated that it ended with EINTR. A thread in an uninterruptible wait is not waited for: no call of its was ended. Nor
     * is one that has exited.
     */
    void finish() {
        long patience = System.nanoTime() + PATIENCE_NANOS;
        release();
        // The thread that executes another program gets the id of the leader, and was asked under its own if at all.
        interrupted.keySet().forEach(ptrace::interrupt);
        while (interrupted.keySet().stream().anyMatch(LateStops::isToStop)
                && System.nanoTime() - patience < 0) {
            pause.nanos(PAUSE_NANOS);
            release();
        }
    }

    private static boolean isToStop(int tid) {
        return switch (ProcFs.state(tid, tid)) {
            case 'D', 'Z', 'X', ProcFs.NO_SUCH_THREAD -> false;
            // The id may be that of another thread by now, which has executed another program.
            default -> ProcFs.isTracedByCaller(tid, tid);
        };
    }

    private boolean isReleased(int tid) {
        try {
            int word = ptrace.pollWord(tid);
            if (word == Ptrace.NOTHING) {
                return false;
            }
            WaitStatus status = ptrace.decode(word);
            if (!status.isGone()) {
                letGo(tid, status);
            }
            return true;
        } catch (SystemCallException notTraced) {
            // It has ended, and its end was taken with its process's.
            return true;
        }
    }

    private void letGo(int tid, WaitStatus status) {
        int signal = status instanceof WaitStatus.SignalStop stop ? stop.signal() : 0;
        if (ptrace.readRegisters(tid, registers) == 0) {
            Release.detach(ptrace, waits, tid, registers, signal, interrupted.getOrDefault(tid, System.nanoTime()));
        } else {
            ptrace.detach(tid, signal);
        }
    }
}
