package dev.pulpo.engine;

import java.util.List;

/** Threads of the target did not stop in time. */
public final class TargetBusyException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private static final int MOST_NAMES = 8;

    private final transient List<Integer> threads;

    public TargetBusyException(int pid, List<Integer> threads) {
        super(pid, "process " + pid + ": threads " + named(threads) + " did not stop in time", null);
        this.threads = List.copyOf(threads);
    }

    private static String named(List<Integer> threads) {
        return threads.size() <= MOST_NAMES
                ? threads.toString()
                : threads.subList(0, MOST_NAMES) + " and " + (threads.size() - MOST_NAMES) + " more";
    }

    /** The ids of these threads. */
    public List<Integer> threads() {
        return threads;
    }
}
