package dev.pulpo.engine;

import java.util.List;
import java.util.stream.Collectors;

/** What was asked for cannot or must not be done. */
public final class RefusedException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final transient List<Refusal> refusals;

    public RefusedException(int pid, List<Refusal> refusals) {
        super(pid, refusals.stream().flatMap(refusal -> refusal.remedies().stream()).distinct().toList(),
                words -> "process " + pid + ": "
                        + refusals.stream().map(refusal -> refusal.message(words)).collect(Collectors.joining("; ")),
                null);
        this.refusals = List.copyOf(refusals);
    }

    public RefusedException(int pid, Refusal refusal) {
        this(pid, List.of(refusal));
    }

    /** All the reasons; at least one. */
    public List<Refusal> refusals() {
        return refusals;
    }
}
