package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;

/** A status from {@code waitpid} (waitpid(2), and "Stopped states" in ptrace(2)). */
public sealed interface WaitStatus {
    /** The thread (for a leader: the process) exited by itself with this exit status. */
    record Exited(int status) implements WaitStatus {}

    /** The thread was killed by this signal. */
    record Killed(int signal) implements WaitStatus {}

    /** Signal-delivery-stop: this signal is about to be delivered, unless the tracer changes it. */
    record SignalStop(int signal) implements WaitStatus {}

    /** {@code PTRACE_EVENT_STOP} after an interrupt or of a new thread; nothing is pending. */
    record Interrupted() implements WaitStatus {}

    /** {@code PTRACE_EVENT_STOP} because this signal has stopped the process (SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU). */
    record GroupStop(int signal) implements WaitStatus {}

    /** System-call stop, marked as such by {@code PTRACE_O_TRACESYSGOOD}. */
    record SyscallStop() implements WaitStatus {}

    /** Another {@code PTRACE_EVENT_…} stop. */
    record Event(int event) implements WaitStatus {}

    /** Decodes the status word of wait4(2). The macros WIFSTOPPED, WSTOPSIG and so on are function-like: see wait.h. */
    static WaitStatus of(int word) {
        int low = word & 0x7f;
        int high = word >> 8 & 0xff;
        if (low == 0) {
            return new Exited(high);
        }
        if (low != 0x7f) {
            return new Killed(low);
        }
        int event = word >>> 16;
        if (event == 0) {
            return high == (Linux.SIGTRAP() | 0x80) ? new SyscallStop() : new SignalStop(high);
        }
        if (event != Linux.PTRACE_EVENT_STOP()) {
            return new Event(event);
        }
        return high == Linux.SIGTRAP() ? new Interrupted() : new GroupStop(high);
    }

    /** Whether the thread is gone and has been reaped. */
    default boolean isGone() {
        return this instanceof Exited || this instanceof Killed;
    }
}
