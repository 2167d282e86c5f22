package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/** Threads of the target stood in the way until the deadline. */
public final class BlockedException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final transient List<Blocker> blockers;

    public BlockedException(int pid, Duration waited, List<Blocker> blockers) {
        super(pid, blockers.stream().flatMap(blocker -> blocker.remedies().stream()).distinct().toList(),
                words -> "process " + pid + " was blocked for " + waited.toMillis() + " ms:\n"
                        + BlockerText.of(blockers, words),
                null);
        this.blockers = List.copyOf(blockers);
    }

    /** Who stood in the way at the last try; at least one. */
    public List<Blocker> blockers() {
        return blockers;
    }
}
