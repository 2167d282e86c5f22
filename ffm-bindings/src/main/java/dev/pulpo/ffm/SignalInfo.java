package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Who sent a signal and why (sigaction(2), "The siginfo_t argument").
 *
 * @param signal its number
 * @param code   {@code si_code}
 * @param sender the process that sent it, where the code says that one did
 */
public record SignalInfo(int signal, int code, int sender) {
    static SignalInfo of(MemorySegment siginfo) {
        // siginfo_t: int si_signo, si_errno, si_code; padding; then a union that begins with si_pid.
        return new SignalInfo(siginfo.get(ValueLayout.JAVA_INT, 0), siginfo.get(ValueLayout.JAVA_INT, 8),
                siginfo.get(ValueLayout.JAVA_INT, 16));
    }

    /** Whether a thread sent it with {@code tgkill(2)}. */
    public boolean isDirected() {
        return code == Linux.SI_TKILL();
    }
}
