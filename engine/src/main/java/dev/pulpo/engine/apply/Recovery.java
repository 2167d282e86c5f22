package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.HalfDone;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Cleans up after a tool that died in the middle: a patch that was being applied is undone, one that was being reverted is
 * reverted. The lock of the session says that nobody else is still at it.
 */
final class Recovery {
    private Recovery() {}

    /**
     * Finishes whatever is half done. Returns the registry as it is afterwards.
     *
     * @param maxPause how long that may stop the process at a time
     */
    static Registry run(Session session, Registry registry, Optional<Duration> maxPause, long deadline) {
        if (registry.halfDone().isEmpty()) {
            return registry;
        }
        for (Registry.Entry entry : registry.halfDone()) {
            finish(session, registry, entry, maxPause, deadline);
        }
        return session.readRegistry();
    }

    private static void finish(Session session, Registry registry, Registry.Entry entry, Optional<Duration> maxPause,
            long deadline) {
        List<Change> changes = new ArrayList<>();
        HalfDone.of(registry, entry, session.memory()).forEach(undo -> changes.add(
                Change.ofCode(undo.function().name(), undo.function().site(), undo.found(), undo.wanted())));
        changes.add(Changes.ofState(entry, entry.patch().state(), PatchRecord.State.REVERTED));
        // Threads that the patch has already got finish in it; it stays loaded.
        new Stops(session, changes, entry.patch().functions(), CodeRanges.of(List.of()),
                new Consistency(Consistency.Level.NONE, Duration.ofSeconds(1), maxPause))
                .untilDone(deadline);
        session.message("patch " + entry.patch().id().shortForm()
                + " was left half done by a tool that ended, and was taken back");
    }
}
