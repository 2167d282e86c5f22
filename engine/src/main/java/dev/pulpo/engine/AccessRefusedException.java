package dev.pulpo.engine;

import java.util.List;

/** The kernel does not let this process trace the target. */
public final class AccessRefusedException extends PulpoException {
    private static final long serialVersionUID = 1L;

    private final String remedy;

    public AccessRefusedException(int pid, String reason, String remedy) {
        super(pid, List.of(new Remedy.Elsewhere(remedy)),
                words -> "process " + pid + " may not be traced: " + reason + "; " + remedy, null);
        this.remedy = remedy;
    }

    /** What the user can do about it. */
    public String remedy() {
        return remedy;
    }
}
