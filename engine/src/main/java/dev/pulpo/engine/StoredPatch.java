package dev.pulpo.engine;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A patch of a {@link PatchStore}.
 *
 * @param id       the patch
 * @param build    the build-id of the object that it is for, in hexadecimal digits
 * @param target   path of that object where the patch was made; for people
 * @param state    whether processes should have it
 * @param since    when it came into this state
 * @param reason   why it was withdrawn; empty where nobody said so, or it is accepted
 * @param order    its place among the accepted patches: those with lower numbers come into force first
 * @param comment  the patch's comment, for people; may be empty
 * @param origin   path of the file that was accepted
 * @param file     path of the store's copy of it
 * @param allowed  checks whose findings are no reason to refuse
 * @param heldBack the users whose processes should not have it, by their ids, each with the reason
 */
public record StoredPatch(PatchId id, String build, String target, State state, Instant since, String reason,
        long order,
        String comment, String origin, Path file, Set<Check> allowed, Map<Integer, String> heldBack) {
    /** Whether processes should have a patch. */
    public enum State {
        /** Every process that runs the build should have it. */
        ACCEPTED,
        /** No process should have it. */
        WITHDRAWN
    }

    public StoredPatch {
        allowed = Set.copyOf(allowed);
        heldBack = Map.copyOf(heldBack);
    }

    /** Why processes of a user should not have it; empty where they should. */
    public Optional<String> objection(int user) {
        return state == State.WITHDRAWN ? Optional.of(reason) : Optional.ofNullable(heldBack.get(user));
    }

    /** The same patch in another state. */
    StoredPatch with(State next, String why) {
        return new StoredPatch(id, build, target, next, Instant.now(), why, order, comment, origin, file, allowed,
                heldBack);
    }

    /** The same patch, which processes of these users should not have. */
    StoredPatch holdingBack(Map<Integer, String> users) {
        return new StoredPatch(id, build, target, state, since, reason, order, comment, origin, file, allowed, users);
    }
}
