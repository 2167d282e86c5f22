package dev.pulpo.engine;

import java.util.List;

/** Threads of the target did not stop in time. */
public final class TargetBusyException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final transient List<Integer> threads;

    public TargetBusyException(int pid, List<Integer> threads) {
        super(pid, "process " + pid + ": threads " + threads + " did not stop in time", null);
        this.threads = List.copyOf(threads);
    }

    /** The ids of these threads. */
    public List<Integer> threads() {
        return threads;
    }
}
