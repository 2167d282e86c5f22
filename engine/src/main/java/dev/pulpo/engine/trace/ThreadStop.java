package dev.pulpo.engine.trace;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitStatus;
import java.time.Duration;

/** The stop of one thread, while the others run. Closing it releases the thread as it was. For the tracer thread. */
public final class ThreadStop implements AutoCloseable {
    private static final long TIMEOUT_NANOS = 50_000_000;

    private final int tid;
    private final TracerThread.Tools tools;
    private final long began;
    private long ended;

    private ThreadStop(int tid, TracerThread.Tools tools, long began) {
        this.tid = tid;
        this.tools = tools;
        this.began = began;
    }

    /** The result of an attempt. */
    public sealed interface Attempt {
        /** It is stopped until {@link ThreadStop#close}. */
        record Stopped(ThreadStop stop) implements Attempt {}

        /** It has ended. */
        record Gone() implements Attempt {}

        /** It did not stop in time. It will be released when it does, or when the tracer thread ends. */
        record Late(String reason) implements Attempt {}
    }

    /**
     * Stops a thread.
     *
     * @param memory of the process
     * @throws dev.pulpo.engine.AccessRefusedException where it may not be traced
     */
    public static Attempt of(int pid, int tid, TraceeMemory memory, TracerThread.Tools tools) {
        Ptrace ptrace = tools.ptrace();
        int error = ptrace.seize(pid, tid, 0);
        if (error == Errno.ESRCH || error != 0 && ProcFs.isZombie(pid, tid)) {
            return new Attempt.Gone();
        }
        if (error != 0) {
            throw PtraceAccess.refused(pid, tid, error);
        }
        tools.waits().begin(pid);
        tools.waits().look(tid, memory, tools.scheduling());
        long began = System.nanoTime();
        if (ptrace.interrupt(tid) == 0 && stops(tid, tools, began)) {
            return new Attempt.Stopped(new ThreadStop(tid, tools, began));
        }
        if (ProcFs.isZombie(pid, tid)) {
            return new Attempt.Gone();
        }
        tools.late().add(tid, began);
        return new Attempt.Late("it does not stop (state " + ProcFs.state(pid, tid) + ")");
    }

    private static boolean stops(int tid, TracerThread.Tools tools, long began) {
        Ptrace ptrace = tools.ptrace();
        while (System.nanoTime() - began < TIMEOUT_NANOS) {
            int word = tools.awaitWord(tid);
            if (word == Ptrace.NOTHING) {
                continue;
            }
            if (Ptrace.isInterrupted(word)) {
                return true;
            } else if (ptrace.decode(word) instanceof WaitStatus.SignalStop signal) {
                // The signal is delivered first; the requested stop follows.
                ptrace.resume(tid, signal.signal());
            } else if (ptrace.decode(word).isGone()) {
                return false;
            } else {
                ptrace.resume(tid, 0);
            }
        }
        return false;
    }

    /** Reads its registers; false where it has been killed. */
    public boolean readRegisters(Registers into) {
        return tools.ptrace().readRegisters(tid, into) == 0;
    }

    /** When the thread was asked to stop, on the scale of {@link System#nanoTime}. */
    public long began() {
        return began;
    }

    /** How long the thread was stopped. Known after {@link #close}. */
    public Duration duration() {
        return Duration.ofNanos(ended - began);
    }

    @Override
    public void close() {
        Ptrace ptrace = tools.ptrace();
        Registers registers = tools.scratch();
        if (ptrace.readRegisters(tid, registers) == 0) {
            Release.detach(ptrace, tools.waits(), tid, registers, 0, began);
        } else {
            // It was killed; there is nothing to restore.
            ptrace.detach(tid, 0);
        }
        ended = System.nanoTime();
        tools.pauses().alone(tid, began, ended);
    }
}
