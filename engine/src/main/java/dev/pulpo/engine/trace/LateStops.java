package dev.pulpo.engine.trace;

import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.WaitStatus;
import java.util.ArrayList;
import java.util.List;

/**
 * Threads that were asked to stop and did not in time: the machine is crowded, or they wait in the kernel. Each will stop
 * some time, perhaps with a lock in its hands that a borrowed thread waits for, so whoever waits looks after them. To be
 * used on the tracer thread.
 */
final class LateStops {
    private final Ptrace ptrace;
    private final Registers registers;
    private final List<Integer> tids = new ArrayList<>();

    LateStops(Ptrace ptrace, Registers registers) {
        this.ptrace = ptrace;
        this.registers = registers;
    }

    void add(int tid) {
        tids.add(tid);
    }

    boolean isEmpty() {
        return tids.isEmpty();
    }

    boolean contains(int tid) {
        return tids.contains(tid);
    }

    /** Lets go of those that have stopped by now. */
    void release() {
        if (!tids.isEmpty()) {
            tids.removeIf(this::isReleased);
        }
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
            Release.detach(ptrace, tid, registers, signal);
        } else {
            ptrace.detach(tid, signal);
        }
    }
}
