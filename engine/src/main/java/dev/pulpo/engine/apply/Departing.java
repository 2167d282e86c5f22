package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.plan.Neighbours;
import dev.pulpo.engine.registry.Registry;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Patches of a process that are to go, found in a registry in which nothing is half done any more.
 *
 * @param entries oldest first
 */
record Departing(Registry registry, List<Registry.Entry> entries) {
    /** Which patches are meant; oldest first. */
    @FunctionalInterface
    interface Choice {
        List<Registry.Entry> of(Registry registry, ProcessImage image);
    }

    /**
     * Finds them.
     *
     * @param none the reason where there are none
     * @throws RefusedException where they may not go
     */
    static Departing of(Session session, Refusal none, Choice choice, Consistency consistency, long deadline) {
        if (session.image().stub().isEmpty()) {
            throw new RefusedException(session.pid(), none);
        }
        Registry found = Recovery.run(session, session.readRegistry(), consistency.maxPause(), deadline);
        Registry recovered = found.transition().isPresent() ? Stale.retire(session, found, found.active()) : found;
        recovered.transition().ifPresent(other -> {
            throw new RefusedException(session.pid(), new Refusal.InTransition(other.patch().id()));
        });
        List<Registry.Entry> entries = choice.of(recovered, session.image());
        if (entries.isEmpty()) {
            throw new RefusedException(session.pid(), none);
        }
        Registry registry = Stale.retire(session, recovered, entries);
        List<Refusal> refusals = Neighbours.against(registry, entries);
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        return new Departing(registry, entries);
    }

    /** All that have these ids; it is refused where one is missing. */
    static Choice all(int pid, List<PatchId> ids) {
        return (registry, image) -> {
            List<Refusal> missing = ids.stream().filter(id -> newest(registry, id).isEmpty())
                    .<Refusal>map(id -> new Refusal.NotApplied(id.shortForm())).toList();
            if (!missing.isEmpty()) {
                throw new RefusedException(pid, missing);
            }
            return ids.stream().distinct().flatMap(id -> newest(registry, id).stream())
                    .sorted(Comparator.comparingLong(entry -> entry.patch().sequence())).toList();
        };
    }

    /** The one of this id that was applied last. */
    static Optional<Registry.Entry> newest(Registry registry, PatchId id) {
        return registry.active().reversed().stream().filter(candidate -> candidate.patch().id().equals(id)).findFirst();
    }
}
