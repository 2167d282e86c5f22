package dev.pulpo.engine;

/** What the tool itself keeps in the target, the state of the stub or its registry, has been written over. */
public final class TargetDamagedException extends TargetUnreadableException {
    private static final long serialVersionUID = 1L;

    /** @param message what makes no sense, and where in the target */
    public TargetDamagedException(int pid, String message) {
        super(pid, message);
    }
}
