package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Why a signal was sent (sigaction(2), "The siginfo_t argument").
 *
 * @param signal its number
 * @param code   {@code si_code}
 */
public record SignalInfo(int signal, int code) {
    static SignalInfo of(MemorySegment siginfo) {
        // siginfo_t: int si_signo, si_errno, si_code.
        return new SignalInfo(siginfo.get(ValueLayout.JAVA_INT, 0), siginfo.get(ValueLayout.JAVA_INT, 8));
    }

    /** Whether a thread sent it with {@code tgkill(2)}. */
    public boolean isDirected() {
        return code == Linux.SI_TKILL();
    }
}
