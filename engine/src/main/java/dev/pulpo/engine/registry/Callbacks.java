package dev.pulpo.engine.registry;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.stub.StubLayout;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/**
 * The callbacks of a recorded patch, and how far they are. The thread that calls one writes into the record that it has
 * begun, and that it has ended; so that is known whenever a tool is killed. Tools change the progress only on a borrowed
 * thread: then no earlier call still runs.
 *
 * @param functions the addresses of those that the patch has; remote
 * @param progress  four bits for each callback, see {@link StubLayout#BEGUN}
 */
public record Callbacks(Map<Callback, RemoteAddress> functions, long progress) {
    /** Of a patch without callbacks. */
    public static final Callbacks NONE = new Callbacks(Map.of(), 0);

    public Callbacks {
        EnumMap<Callback, RemoteAddress> copy = new EnumMap<>(Callback.class);
        copy.putAll(functions);
        functions = copy;
    }

    /** Whether the patch has any. */
    public boolean exist() {
        return !functions.isEmpty();
    }

    public boolean hasBegun(Callback callback) {
        return has(callback, StubLayout.BEGUN);
    }

    public boolean hasEnded(Callback callback) {
        return has(callback, StubLayout.ENDED);
    }

    public boolean hasRefused(Callback callback) {
        return has(callback, StubLayout.REFUSED);
    }

    private boolean has(Callback callback, int bit) {
        return (progress & (long) bit << callback.shift()) != 0;
    }

    /** Whether one has been called, so that something may lead into the patch although no function does. */
    public boolean anyHasBegun() {
        return functions.keySet().stream().anyMatch(this::hasBegun);
    }

    /**
     * The callback that is due while the patch is in a state to stay in. Each callback before a change has its counterpart:
     *
     * <pre>
     *   state      progress                                               due
     *   ---------  -----------------------------------------------------  ------------
     *   ACTIVE     after_apply has not begun, or before_revert has: the   after_apply
     *              revert did not come about
     *   REVERTED   before_apply has ended without a refusal, and          after_revert
     *              after_revert has not begun
     *   otherwise                                                         none
     * </pre>
     */
    public Optional<Callback> due(State state) {
        Optional<Callback> due = switch (state) {
            case ACTIVE -> !hasBegun(Callback.AFTER_APPLY) || hasBegun(Callback.BEFORE_REVERT)
                    ? Optional.of(Callback.AFTER_APPLY)
                    : Optional.empty();
            case REVERTED -> hasEnded(Callback.BEFORE_APPLY) && !hasRefused(Callback.BEFORE_APPLY)
                    && !hasBegun(Callback.AFTER_REVERT) ? Optional.of(Callback.AFTER_REVERT) : Optional.empty();
            case PREPARED, PENDING, REVERTING, TRANSITION, UNLOADED -> Optional.empty();
        };
        return due.filter(functions::containsKey);
    }

    /** The progress with which a callback can be called: it has not begun, nor has what comes after it. */
    public long before(Callback callback) {
        return switch (callback) {
            case BEFORE_APPLY -> 0;
            // After a revert that did not come about both are called anew.
            case AFTER_APPLY -> without(without(progress, Callback.BEFORE_REVERT), Callback.AFTER_APPLY);
            case BEFORE_REVERT -> without(progress, Callback.BEFORE_REVERT);
            case AFTER_REVERT -> progress;
        };
    }

    /** The progress once a callback that the patch does not have was passed over. */
    public long past(Callback callback) {
        return progress | (long) (StubLayout.BEGUN | StubLayout.ENDED) << callback.shift();
    }

    private static long without(long progress, Callback callback) {
        return progress & ~((1L << StubLayout.CALLBACK_BITS) - 1 << callback.shift());
    }
}
