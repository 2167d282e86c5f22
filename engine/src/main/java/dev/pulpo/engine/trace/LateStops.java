package dev.pulpo.engine.trace;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Pause;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.WaitStatus;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Threads that were asked to stop and did not in time: the machine is loaded, or they wait in the kernel. Each will stop at
 * some time, perhaps while it holds a lock that a borrowed thread waits for, so every wait releases them. For the tracer
 * thread.
 */
public final class LateStops {
    private static final long FINISH_NANOS = TimeUnit.SECONDS.toNanos(2);
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
    public void add(int tid, long since) {
        interrupted.put(tid, since);
    }

    boolean isEmpty() {
        return interrupted.isEmpty();
    }

    public boolean contains(int tid) {
        return interrupted.containsKey(tid);
    }

    /** Releases those that have stopped by now. */
    public void release() {
        if (!interrupted.isEmpty()) {
            interrupted.keySet().removeIf(this::isReleased);
        }
    }

    /**
     * Releases them as they stop, before their tracer ends: the kernel would then release them without repeating calls that
     * it ended with EINTR. A thread in an uninterruptible wait is not waited for: none of its calls was ended. Nor is one
     * that has exited.
     */
    void finish() {
        long limit = System.nanoTime() + FINISH_NANOS;
        release();
        // A thread that executes another program gets the leader's id; if it was asked, then under its own.
        interrupted.keySet().forEach(ptrace::interrupt);
        while (interrupted.keySet().stream().anyMatch(LateStops::willStop)
                && System.nanoTime() - limit < 0) {
            pause.nanos(PAUSE_NANOS);
            release();
        }
    }

    private static boolean willStop(int tid) {
        return switch (ProcFs.state(tid, tid)) {
            case 'D', 'Z', 'X', ProcFs.NO_SUCH_THREAD -> false;
            // The id may by now belong to another thread that has executed another program.
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
                release(tid, status);
            }
            return true;
        } catch (SystemCallException notTraced) {
            // It has ended, and its end was collected with its process's.
            return true;
        }
    }

    private void release(int tid, WaitStatus status) {
        int signal = status instanceof WaitStatus.SignalStop stop ? stop.signal() : 0;
        if (ptrace.readRegisters(tid, registers) == 0) {
            Release.detach(ptrace, waits, tid, registers, signal, interrupted.getOrDefault(tid, System.nanoTime()));
        } else {
            ptrace.detach(tid, signal);
        }
    }
}
